// Which conversations have drafts, for the badges of rows.
import { session } from "../shell/session.svelte.ts";
import { type Draft, type DraftKey, deleteDraft, listDrafts, readDraft, writeDraft } from "./draft_store.ts";

/** A draft is on disk within this time of the last key. */
const SAVE_MS = 300;

const isEmpty = (draft: Draft): boolean => draft.text === "" && draft.template === undefined;

class Drafts {
  #conversations = $state.raw<ReadonlySet<string>>(new Set());
  #unsaved = new Map<string, { key: DraftKey; draft: Draft; timer: ReturnType<typeof setTimeout> }>();
  readonly #channel = new BroadcastChannel("patchbay-drafts");

  constructor() {
    this.#channel.onmessage = () => void this.reload();
    window.addEventListener("beforeunload", (event) => {
      if (this.#unsaved.size === 0) return;
      this.flush();
      event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.flush();
    });
  }

  /** Whether a conversation has a draft of this person. */
  has(conversation: string): boolean {
    return this.#conversations.has(conversation);
  }

  /** The conversations with a draft of this person. */
  get conversations(): readonly string[] {
    return [...this.#conversations];
  }

  key(conversation: string, mode: DraftKey["mode"]): DraftKey {
    return { owner: `${session.owner}/${session.company}`, conversation, mode };
  }

  async reload(): Promise<void> {
    const keys = await listDrafts(this.key("", "reply").owner).catch(() => []);
    this.#conversations = new Set(keys.map(({ conversation }) => conversation));
  }

  async read(key: DraftKey): Promise<Draft | undefined> {
    return this.#unsaved.get(JSON.stringify(key))?.draft ?? (await readDraft(key).catch(() => undefined));
  }

  /** Stores a draft soon; an empty one is deleted. */
  save(key: DraftKey, draft: Draft): void {
    const id = JSON.stringify(key);
    clearTimeout(this.#unsaved.get(id)?.timer);
    const timer = setTimeout(() => void this.#write(id), SAVE_MS);
    this.#unsaved.set(id, { key, draft, timer });
    this.#mark(key.conversation, !isEmpty(draft));
  }

  /** Deletes a draft: it was sent, or its person wants it gone. */
  async discard(key: DraftKey): Promise<void> {
    const id = JSON.stringify(key);
    clearTimeout(this.#unsaved.get(id)?.timer);
    this.#unsaved.delete(id);
    this.#mark(key.conversation, false);
    await deleteDraft(key).catch(() => {});
    await this.reload();
    this.#channel.postMessage("changed");
  }

  /** Deletes the draft of a reply that was sent, unless something else was written since then. */
  async discardSent(key: DraftKey, replyId: string): Promise<void> {
    const draft = await this.read(key);
    if (draft?.replyId === replyId) await this.discard(key);
  }

  /** Writes all that waits, now. */
  flush(): void {
    for (const id of [...this.#unsaved.keys()]) void this.#write(id);
  }

  async #write(id: string): Promise<void> {
    const waiting = this.#unsaved.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    const { key, draft } = waiting;
    try {
      if (isEmpty(draft)) await deleteDraft(key);
      else await writeDraft(key, draft);
      if (this.#unsaved.get(id) === waiting) this.#unsaved.delete(id);
      this.#channel.postMessage("changed");
    } catch {
      // Private windows of some browsers have no database: the draft lives as long as the page.
      this.#unsaved.delete(id);
    }
  }

  #mark(conversation: string, has: boolean): void {
    if (this.#conversations.has(conversation) === has) return;
    const next = new Set(this.#conversations);
    if (has) next.add(conversation);
    else next.delete(conversation);
    this.#conversations = next;
  }
}

export const drafts = new Drafts();
