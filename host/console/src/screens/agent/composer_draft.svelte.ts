// What is written in a composer: the reply and the note of one conversation, stored as drafts.
import type { FileRules, Template } from "../../api/shapes.ts";
import { type Draft, isEmptyDraft } from "../../drafts/draft_store.ts";
import { drafts } from "../../drafts/drafts.svelte.ts";
import { type ReturnedReply, joinReturned } from "../../drafts/returned_reply.ts";
import { ComposerFiles } from "./composer_files.svelte.ts";
import { newReplyId } from "./reply_id.ts";
import type { ReplyToSend } from "./reply_sender.ts";
import { waitingReplies } from "./waiting_replies.svelte.ts";

export type Then = ReplyToSend["then"];

/** A template in place of the text, and what is filled in. */
export interface FilledTemplate {
  readonly template: Template;
  readonly parameters: readonly string[];
}

interface Owner {
  /** Whom the conversation is with. */
  readonly contact: () => string | undefined;
  /** What the channel takes of files; absent: none. */
  readonly fileRules: () => FileRules | undefined;
  /** Whether what is written is being sent: it stays as it is. */
  readonly isBusy: () => boolean;
  /** Called when something else is in the place of what was written. */
  readonly onreplaced: () => void;
  /** Called when a reply came back that was taken back. */
  readonly onreturned: () => void;
}

const empty = (): Draft => ({ text: "", replyId: newReplyId(), changedAt: 0 });

export class ComposerDraft {
  mode = $state<"reply" | "note">("reply");
  replyText = $state("");
  noteText = $state("");
  /** Id of the reply, from before the first attempt to send it. */
  replyId = $state(newReplyId());
  noteId = newReplyId();
  then = $state<Then>("wait");
  template = $state.raw<FilledTemplate | undefined>();
  /** The newest entry that the person has read, if the host said that there is more than was shown. */
  readUpTo = $state(0);
  readonly files: ComposerFiles;
  readonly #conversation: string;
  readonly #owner: Owner;
  /** Words that came back while another reply was on its way. */
  #returned: { readonly reply: ReturnedReply; readonly sequence: number }[] = [];

  constructor(conversation: string, owner: Owner) {
    this.#conversation = conversation;
    this.#owner = owner;
    this.files = new ComposerFiles(this.replyKey, { rules: owner.fileRules, isBusy: owner.isBusy, onchange: () => this.saveReply() });
  }

  get replyKey() {
    return drafts.key(this.#conversation, "reply");
  }

  get noteKey() {
    return drafts.key(this.#conversation, "note");
  }

  /** The text of the mode. */
  get text(): string {
    return this.mode === "reply" ? this.replyText : this.noteText;
  }

  /** Shows what is stored, and follows what other tabs and replies that come back change. Returns what ends that. */
  open(): () => void {
    void this.#read().then(([reply, note]) => {
      if (reply && !this.replyText) this.#showReply(reply);
      if (note && !this.noteText) this.#showNote(note);
      // What was written last is shown; a reply comes first where both are there.
      if (!this.text && (note?.changedAt ?? 0) > (reply?.changedAt ?? 0)) this.mode = "note";
    });
    const ends = [
      waitingReplies.register(this.#conversation, (reply, sequence) => {
        this.#returned.push({ reply, sequence });
        if (!this.#owner.isBusy()) this.takeReturned();
      }),
      drafts.subscribe(this.replyKey, (isErased) => void this.#takeOver(isErased)),
      drafts.subscribe(this.noteKey, (isErased) => void this.#takeOver(isErased)),
    ];
    return () => {
      for (const end of ends) end();
      this.files.stop();
      for (const { reply, sequence } of this.#returned.splice(0)) void waitingReplies.giveBack(this.replyKey, reply, sequence);
    };
  }

  /** A reply of this conversation was taken back: its words are the draft again. */
  takeReturned(): void {
    for (const { reply, sequence } of this.#returned.splice(0)) {
      this.mode = "reply";
      this.#showReply({ then: this.then, ...joinReturned(this.#reply(), reply, newReplyId(), Date.now()) });
      this.readUpTo = Math.max(this.readUpTo, sequence);
      this.saveReply();
      this.#owner.onreturned();
    }
  }

  write(text: string): void {
    if (this.mode === "reply") this.replyText = text;
    else this.noteText = text;
    this.#save();
  }

  chooseThen(then: Then): void {
    this.then = then;
    if (!isEmptyDraft(this.#reply())) this.saveReply();
  }

  chooseTemplate(template: FilledTemplate | undefined): void {
    this.template = template;
    this.saveReply();
  }

  saveReply(): void {
    drafts.save(this.replyKey, this.#reply());
  }

  /** What is written becomes a reply of its own: its text was changed, or was not sent. */
  beginOtherReply(): void {
    this.replyId = newReplyId();
    this.saveReply();
  }

  /** The same for a note. */
  beginOtherNote(): void {
    this.noteId = newReplyId();
    drafts.save(this.noteKey, this.#note());
  }

  /** The reply was sent. */
  async endReply(sent: string): Promise<void> {
    this.replyText = "";
    this.files.forget();
    this.template = undefined;
    this.replyId = newReplyId();
    this.readUpTo = 0;
    await drafts.discardSent(this.replyKey, sent);
  }

  /** The note was saved. */
  async endNote(): Promise<void> {
    this.noteText = "";
    this.noteId = newReplyId();
    await drafts.discard(this.noteKey);
  }

  /** Discards the draft of the mode; answers with what brings it back. */
  async discard(): Promise<() => void> {
    if (this.mode === "reply") {
      const before = this.#reply();
      this.replyText = "";
      this.template = undefined;
      this.files.forget();
      await drafts.discard(this.replyKey);
      return () => {
        this.#showReply(before);
        this.saveReply();
      };
    }
    const before = this.#note();
    this.noteText = "";
    await drafts.discard(this.noteKey);
    return () => {
      this.#showNote(before);
      drafts.save(this.noteKey, before);
    };
  }

  #read(): Promise<[Draft | undefined, Draft | undefined]> {
    return Promise.all([drafts.read(this.replyKey), drafts.read(this.noteKey)]);
  }

  /** Another tab wrote, sent or discarded a draft: a composer that is not in use shows the same. */
  async #takeOver(isErased: boolean): Promise<void> {
    const [reply, note] = await this.#read();
    if (!isErased && (this.#owner.isBusy() || this.files.isUploading || document.hasFocus())) return;
    this.files.forget();
    this.#showReply(reply ?? empty());
    this.#showNote(note ?? empty());
    this.#owner.onreplaced();
  }

  #showReply(draft: Draft): void {
    this.replyText = draft.text;
    this.replyId = draft.replyId;
    this.template = draft.template;
    this.then = (draft.then as Then | undefined) ?? "wait";
    this.files.restore(draft.files ?? []);
  }

  #showNote(draft: Draft): void {
    this.noteText = draft.text;
    this.noteId = draft.replyId;
  }

  #reply(): Draft {
    const filled = this.template ? { template: this.template } : {};
    const files = this.files.done.length > 0 ? { files: this.files.done } : {};
    return { text: this.replyText, replyId: this.replyId, then: this.then, changedAt: Date.now(), ...this.#contact(), ...filled, ...files };
  }

  #note(): Draft {
    return { text: this.noteText, replyId: this.noteId, changedAt: Date.now(), ...this.#contact() };
  }

  #contact(): { contact?: string } {
    const contact = this.#owner.contact();
    return contact === undefined ? {} : { contact };
  }

  #save(): void {
    if (this.mode === "reply") this.saveReply();
    else drafts.save(this.noteKey, this.#note());
  }
}
