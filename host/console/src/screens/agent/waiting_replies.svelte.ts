// Replies that wait before they are sent: a notice counts down, and takes them back.
import { api } from "../../api/client.ts";
import { toProblem } from "../../api/problem.ts";
import { serverClock } from "../../api/server_clock.ts";
import type { Draft, DraftKey } from "../../drafts/draft_store.ts";
import { drafts } from "../../drafts/drafts.svelte.ts";
import { type ReturnedReply, joinReturned } from "../../drafts/returned_reply.ts";
import { live } from "../../live/live.svelte.ts";
import { commands, keyLabel } from "../../shell/commands.svelte.ts";
import { notices } from "../../shell/notices.svelte.ts";
import { router } from "../../shell/router.svelte.ts";
import { session } from "../../shell/session.svelte.ts";
import { ticker } from "../../shell/ticker.svelte.ts";
import { newReplyId } from "./reply_id.ts";
import { texts } from "./texts.ts";

/** A reply that may be taken back. */
export interface WaitingReply {
  readonly conversation: string;
  readonly id: string;
  /** Whom it is to, as a person calls them. */
  readonly recipient: string;
  /** When it is sent, by the host's clock. */
  readonly sendsAt: number;
  readonly template?: Draft["template"] | undefined;
  readonly then: string;
}

/** Gets the words of its conversation back. `sequence` is the newest entry then. */
export type ReturnHandler = (returned: ReturnedReply, sequence: number) => void;

const TAKE_BACK_KEY = "Mod+Shift+Enter";

class WaitingReplies {
  #waiting = $state.raw<readonly (WaitingReply & { readonly notice: number })[]>([]);
  /** Ids of replies whose request is on its way. */
  #busy = $state.raw<ReadonlySet<string>>(new Set());
  readonly #composers = new Map<string, ReturnHandler>();

  constructor() {
    const takeBackNewest = (): void => {
      const newest = this.#waiting.at(-1);
      if (newest) void this.takeBack(newest.conversation, newest.id);
    };
    commands.add(() =>
      this.#waiting.length === 0
        ? []
        : [{ id: "reply.take-back", title: texts.text.composer.takeBack, group: texts.text.act.group, keys: [TAKE_BACK_KEY], run: takeBackNewest }],
    );
  }

  /** Returned words go to this composer as long as it is shown. */
  register(conversation: string, handler: ReturnHandler): () => void {
    this.#composers.set(conversation, handler);
    return () => {
      if (this.#composers.get(conversation) === handler) this.#composers.delete(conversation);
    };
  }

  isBusy(id: string): boolean {
    return this.#busy.has(id);
  }

  /** Counts down until a reply is sent. */
  add(reply: WaitingReply): void {
    const left = (): number => Math.max(0, Math.ceil((reply.sendsAt - ticker.now) / 1_000));
    ticker.refresh();
    const title = `${texts.text.composer.takeBack} (${keyLabel(TAKE_BACK_KEY)})`;
    const notice = notices.show(() => texts.text.composer.sendsIn(reply.recipient, left()), {
      tone: "success",
      stays: true,
      action: { title, run: () => void this.takeBack(reply.conversation, reply.id) },
    });
    this.#waiting = [...this.#waiting, { ...reply, notice }];
    setTimeout(() => this.#forget(reply.id), Math.max(0, reply.sendsAt - serverClock.now()));
  }

  /** Takes a reply back: its words return to the composer of its own conversation. */
  async takeBack(conversation: string, id: string): Promise<void> {
    if (this.#busy.has(id)) return;
    this.#busy = new Set([...this.#busy, id]);
    const { company } = session;
    const key = drafts.key(conversation, "reply");
    const waiting = this.#waiting.find((reply) => reply.id === id);
    this.#forget(id);
    try {
      const path = { company, conversation, reply: id };
      const { written, sequence } = await api.post("/v1/companies/{company}/conversations/{conversation}/replies/{reply}/take-back", {
        path,
        body: session.actor(),
      });
      if (!written) {
        notices.show(texts.text.composer.takenBackErased);
        return;
      }
      const files = (written.files ?? []).flatMap((it) => (it.file ? [{ id: it.file, name: it.name ?? it.file, size: it.size ?? 0 }] : []));
      const returned = { contact: live.conversation(conversation)?.contact ?? undefined, files, text: written.text, template: waiting?.template, then: waiting?.then };
      await this.giveBack(key, returned, sequence);
      notices.success(texts.text.composer.takenBack);
      if (session.company === company) router.go(`/c/${conversation}`, router.query);
    } catch (error) {
      notices.problem(toProblem(error));
    } finally {
      this.#busy = new Set([...this.#busy].filter((it) => it !== id));
    }
  }

  /** Puts words into the composer of their conversation, or into its stored draft. */
  async giveBack(key: DraftKey, returned: ReturnedReply, sequence: number): Promise<void> {
    const composer = this.#composers.get(key.conversation);
    if (composer && key.owner === drafts.key("", "reply").owner) composer(returned, sequence);
    else drafts.save(key, joinReturned(await drafts.read(key), returned, newReplyId(), Date.now()));
    drafts.flush();
  }

  #forget(id: string): void {
    const known = this.#waiting.find((reply) => reply.id === id);
    if (!known) return;
    notices.dismiss(known.notice);
    this.#waiting = this.#waiting.filter((reply) => reply.id !== id);
  }
}

export const waitingReplies = new WaitingReplies();
