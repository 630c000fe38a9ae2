// What is written to one conversation: the reply and the note. It outlives the composer that shows it
// while a reply is on its way or a file is being uploaded, so that a composer that opens again shows
// the same.
import type { FileRules, Template } from "../../api/shapes.ts";
import { type Draft, isEmptyDraft } from "../../drafts/draft_store.ts";
import { type DraftChange, drafts } from "../../drafts/drafts.svelte.ts";
import { type ReturnedReply, joinReturned } from "../../drafts/returned_reply.ts";
import { session } from "../../shell/session.svelte.ts";
import { ComposerFiles } from "./composer_files.svelte.ts";
import { newReplyId } from "./reply_id.ts";
import type { ReplyOutcome, ReplyToSend } from "./reply_sender.ts";
import { waitingReplies } from "./waiting_replies.svelte.ts";

export type Then = ReplyToSend["then"];
export type Mode = "reply" | "note";

/** A template in place of the text, and what is filled in. */
export interface FilledTemplate {
  readonly template: Template;
  readonly parameters: readonly string[];
}

/** A composer that shows the draft. */
export interface ComposerView {
  /** What the channel takes of files now; absent: none. */
  readonly fileRules: () => FileRules | undefined;
  /** Called when a reply came back that was taken back. */
  readonly onreturned: () => void;
  /** Called after something was sent. */
  readonly onsent: (isResolved: boolean) => void;
}

/** The drafts that a composer shows, or whose reply or files are on their way. */
const open = new Map<string, ComposerDraft>();

export class ComposerDraft {
  mode = $state<Mode>("reply");
  replyText = $state("");
  noteText = $state("");
  then = $state<Then>("wait");
  template = $state.raw<FilledTemplate | undefined>();
  /** Whether a reply or a note is on its way: nothing is changed until then. */
  isBusy = $state(false);
  /** Whether the stored draft is shown. */
  isReady = $state(false);
  outcome = $state.raw<ReplyOutcome | undefined>();
  /** The newest entry that the person has read, if the host said that there is more than was shown. */
  readUpTo = $state(0);
  /** Id of the reply, from before the first attempt to send it. */
  replyId = newReplyId();
  noteId = newReplyId();
  readonly files: ComposerFiles;
  readonly company = session.company;
  readonly conversation: string;
  readonly #replyKey;
  readonly #noteKey;
  readonly #contact: string | undefined;
  /** When the reply and the note were changed that are shown. */
  readonly #changedAt: Record<Mode, number> = { reply: 0, note: 0 };
  #view: ComposerView | undefined;
  /** Replies that came back while another one was on its way. */
  #returned: { readonly reply: ReturnedReply; readonly sequence: number }[] = [];
  readonly #ends: (() => void)[];

  private constructor(conversation: string, contact: string | undefined) {
    this.conversation = conversation;
    this.#contact = contact;
    this.#replyKey = drafts.key(conversation, "reply");
    this.#noteKey = drafts.key(conversation, "note");
    this.files = new ComposerFiles(this.conversation, {
      rules: () => this.#view?.fileRules(),
      isBusy: () => this.isBusy,
      onchange: () => void this.#saveFiles(),
      onidle: () => this.#endIfIdle(),
    });
    this.#ends = [
      waitingReplies.register(conversation, (reply, sequence) => {
        this.#returned.push({ reply, sequence });
        this.#takeReturned();
      }),
      drafts.subscribe(this.#replyKey, (change) => void this.#follow("reply", change)),
      drafts.subscribe(this.#noteKey, (change) => void this.#follow("note", change)),
    ];
    void this.#readStored();
  }

  /** The draft of a conversation for a composer that shows it until it closes it. */
  static open(conversation: string, contact: string | undefined, view: ComposerView): ComposerDraft {
    const key = JSON.stringify(drafts.key(conversation, "reply"));
    const draft = open.get(key) ?? new ComposerDraft(conversation, contact);
    open.set(key, draft);
    draft.#view = view;
    return draft;
  }

  /** The composer is gone. */
  close(view: ComposerView): void {
    if (this.#view !== view) return;
    this.#view = undefined;
    this.#endIfIdle();
  }

  /** The text of the mode. */
  get text(): string {
    return this.mode === "reply" ? this.replyText : this.noteText;
  }

  write(text: string): void {
    if (this.mode === "reply") this.replyText = text;
    else this.noteText = text;
    if (this.outcome?.kind !== "moved") this.outcome = undefined;
    this.#save(this.mode);
  }

  chooseThen(then: Then): void {
    this.then = then;
    if (!isEmptyDraft(this.#reply())) this.#save("reply");
  }

  chooseTemplate(template: FilledTemplate | undefined): void {
    this.template = template;
    this.outcome = undefined;
    this.#save("reply");
  }

  /** Discards the draft of the mode; returns a function that restores it. */
  async discard(): Promise<() => void> {
    this.outcome = undefined;
    const { mode } = this;
    const before = mode === "reply" ? this.#reply() : this.#note();
    if (mode === "reply") this.files.abandon();
    this.#show(mode, empty());
    await drafts.discard(mode === "reply" ? this.#replyKey : this.#noteKey);
    return () => {
      const restored = { ...before, changedAt: Date.now() };
      drafts.save(mode === "reply" ? this.#replyKey : this.#noteKey, restored);
      const shown = open.get(JSON.stringify(this.#replyKey));
      if (shown) shown.#show(mode, restored);
    };
  }

  /** Runs a request about what is written, which stays as it is meanwhile. */
  async run(request: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await request();
    } finally {
      this.isBusy = false;
      this.#takeReturned();
      this.#endIfIdle();
    }
  }

  /** Something was sent: the composer that is shown reads what is new. */
  notifySent(isResolved: boolean): void {
    this.#view?.onsent(isResolved);
  }

  /** What is written becomes a reply or a note of its own: its text was changed, or was not sent. */
  async beginOther(mode: Mode): Promise<void> {
    const newest = await this.#readNewer(mode);
    if (newest) this.#show(mode, newest);
    if (mode === "reply") this.replyId = newReplyId();
    else this.noteId = newReplyId();
    this.#save(mode);
  }

  /** The reply or the note was taken by the host. What another tab has written since then stays a draft. */
  async end(mode: Mode): Promise<void> {
    const key = mode === "reply" ? this.#replyKey : this.#noteKey;
    const newest = await this.#readNewer(mode);
    if (mode === "reply") {
      this.files.forget();
      this.readUpTo = 0;
    }
    if (newest) {
      const other = { ...newest, replyId: newReplyId(), changedAt: Date.now() };
      drafts.save(key, other);
      this.#show(mode, other);
    } else {
      this.#show(mode, empty());
      await drafts.discard(key);
    }
  }

  async #readStored(): Promise<void> {
    try {
      const [reply, note] = await Promise.all([drafts.read(this.#replyKey), drafts.read(this.#noteKey)]);
      if (reply) this.#show("reply", reply);
      if (note) this.#show("note", note);
      // What was written last is shown; a reply comes first where both are there.
      if (!reply && note) this.mode = "note";
    } catch {
      // The browser keeps no drafts: they live as long as the page.
    }
    this.isReady = true;
    this.#takeReturned();
  }

  /** Another tab changed a draft: the newest change counts. */
  async #follow(mode: Mode, change: DraftChange): Promise<void> {
    if (change.kind === "erased") {
      if (mode === "reply") this.files.abandon();
      this.#show(mode, empty());
      this.outcome = undefined;
      return;
    }
    if (this.isBusy || !this.isReady || change.changedAt < this.#changedAt[mode]) return;
    if (change.kind === "discarded") {
      this.#show(mode, { ...empty(), changedAt: change.changedAt });
      if (mode === "reply") this.outcome = undefined;
      return;
    }
    const stored = await this.#readNewer(mode);
    if (stored && !this.isBusy) this.#show(mode, stored);
  }

  /** The stored draft, if another tab has changed it since this one did. */
  async #readNewer(mode: Mode): Promise<Draft | undefined> {
    const stored = await drafts.read(mode === "reply" ? this.#replyKey : this.#noteKey).catch(() => undefined);
    return stored && stored.changedAt > this.#changedAt[mode] ? stored : undefined;
  }

  /** Replies of this conversation were taken back: their words are the draft again. */
  #takeReturned(): void {
    if (this.isBusy || !this.isReady) return;
    for (const { reply, sequence } of this.#returned.splice(0)) {
      this.mode = "reply";
      this.#show("reply", { then: this.then, ...joinReturned(this.#reply(), reply, newReplyId(), Date.now()) });
      this.readUpTo = Math.max(this.readUpTo, sequence);
      this.outcome = undefined;
      this.#save("reply");
      this.#view?.onreturned();
    }
  }

  /** A file came or went. What another tab has written since this one changed stays. */
  async #saveFiles(): Promise<void> {
    const stored = await this.#readNewer("reply");
    if (stored && !this.isBusy) this.#showReplyText(stored);
    this.#save("reply");
  }

  #show(mode: Mode, draft: Draft): void {
    this.#changedAt[mode] = draft.changedAt;
    if (mode === "note") {
      [this.noteText, this.noteId] = [draft.text, draft.replyId];
      return;
    }
    this.#showReplyText(draft);
    this.files.show(draft.files ?? []);
  }

  #showReplyText(draft: Draft): void {
    [this.replyText, this.replyId, this.template] = [draft.text, draft.replyId, draft.template];
    this.then = (draft.then as Then | undefined) ?? "wait";
  }

  #save(mode: Mode): void {
    const draft = mode === "reply" ? this.#reply() : this.#note();
    this.#changedAt[mode] = draft.changedAt;
    drafts.save(mode === "reply" ? this.#replyKey : this.#noteKey, draft);
  }

  #reply(): Draft {
    const filled = this.template ? { template: this.template } : {};
    const files = this.files.done.length > 0 ? { files: this.files.done } : {};
    return { text: this.replyText, replyId: this.replyId, then: this.then, changedAt: Date.now(), ...this.#withContact(), ...filled, ...files };
  }

  #note(): Draft {
    return { text: this.noteText, replyId: this.noteId, changedAt: Date.now(), ...this.#withContact() };
  }

  #withContact(): { contact?: string } {
    return this.#contact === undefined ? {} : { contact: this.#contact };
  }

  #endIfIdle(): void {
    if (this.#view || this.isBusy || this.outcome || this.files.isUploading || this.files.hasFailed || this.#returned.length > 0) return;
    for (const end of this.#ends) end();
    const key = JSON.stringify(this.#replyKey);
    if (open.get(key) === this) open.delete(key);
  }
}

const empty = (): Draft => ({ text: "", replyId: newReplyId(), changedAt: 0 });
