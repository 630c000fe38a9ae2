// The drafts of the person who is signed in: stored soon after each change, shown by the badges of
// rows, and the same in all tabs.
import { session } from "../shell/session.svelte.ts";
import {
  type Draft,
  type DraftKey,
  deleteAllDrafts,
  deleteDraft,
  forgetClosingDraft,
  isEmptyDraft,
  keepClosingDraft,
  listDrafts,
  readDraft,
  storeClosingDrafts,
  writeDraft,
} from "./draft_store.ts";

/** A draft is on disk within this time of the last key. */
const SAVE_MS = 300;

/** Another tab changed a draft, or its contact was erased. */
type Listener = (isErased: boolean) => void;

class Drafts {
  #conversations = $state.raw<ReadonlySet<string>>(new Set());
  #unsaved = new Map<string, { key: DraftKey; draft: Draft; timer: ReturnType<typeof setTimeout> }>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #channel = new BroadcastChannel("patchbay-drafts");
  /** Settles when the drafts of pages that closed are in the database. */
  readonly #ready = storeClosingDrafts().catch(() => {});

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.#call(String(data), false);
      void this.reload();
    };
    window.addEventListener("beforeunload", (event) => {
      // Asked only where the browser keeps nothing for the next page.
      if (!this.flush()) event.preventDefault();
    });
    window.addEventListener("pagehide", () => this.flush());
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

  /** Calls back when another tab changed this draft, or its contact was erased; returns what ends that. */
  subscribe(key: DraftKey, listener: Listener): () => void {
    const id = JSON.stringify(key);
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  async reload(): Promise<void> {
    await this.#ready;
    const keys = await listDrafts(this.key("", "reply").owner).catch(() => []);
    this.#conversations = new Set(keys.map(({ conversation }) => conversation));
  }

  async read(key: DraftKey): Promise<Draft | undefined> {
    await this.#ready;
    return this.#unsaved.get(JSON.stringify(key))?.draft ?? (await readDraft(key).catch(() => undefined));
  }

  /** Stores a draft soon; an empty one is deleted. */
  save(key: DraftKey, draft: Draft): void {
    const id = JSON.stringify(key);
    clearTimeout(this.#unsaved.get(id)?.timer);
    const timer = setTimeout(() => void this.#write(id), SAVE_MS);
    this.#unsaved.set(id, { key, draft, timer });
    this.#mark(key.conversation, !isEmptyDraft(draft));
  }

  /** Deletes a draft: it was sent, or its person wants it gone. */
  async discard(key: DraftKey): Promise<void> {
    const id = JSON.stringify(key);
    clearTimeout(this.#unsaved.get(id)?.timer);
    this.#unsaved.delete(id);
    this.#mark(key.conversation, false);
    forgetClosingDraft(key);
    await deleteDraft(key).catch(() => {});
    await this.reload();
    this.#channel.postMessage(id);
  }

  /** Deletes the draft of a reply that was sent, unless something else was written since then. */
  async discardSent(key: DraftKey, replyId: string): Promise<void> {
    const draft = await this.read(key);
    if (draft?.replyId === replyId) await this.discard(key);
  }

  /** Deletes the drafts to an erased contact, in conversations that are shown and in others. */
  async discardContact(contact: string, isOf: (conversation: string) => boolean): Promise<void> {
    for (const conversation of this.conversations) {
      for (const mode of ["reply", "note"] as const) {
        const key = this.key(conversation, mode);
        const draft = await this.read(key);
        if (!draft || (draft.contact !== contact && !isOf(conversation))) continue;
        await this.discard(key);
        this.#call(JSON.stringify(key), true);
      }
    }
  }

  /** Deletes all drafts of this browser, also those that are not stored yet: the person signed out. */
  async clear(): Promise<void> {
    for (const { timer } of this.#unsaved.values()) clearTimeout(timer);
    this.#unsaved.clear();
    this.#conversations = new Set();
    await deleteAllDrafts().catch(() => {});
  }

  /** Writes all that waits, now. Returns whether it outlives the page if that closes at once. */
  flush(): boolean {
    let isKept = true;
    for (const [id, { key, draft }] of [...this.#unsaved]) {
      try {
        keepClosingDraft(key, draft);
      } catch {
        isKept = false;
      }
      void this.#write(id);
    }
    return isKept;
  }

  #call(id: string, isErased: boolean): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener(isErased);
  }

  async #write(id: string): Promise<void> {
    const waiting = this.#unsaved.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    const { key, draft } = waiting;
    try {
      if (isEmptyDraft(draft)) await deleteDraft(key);
      else await writeDraft(key, draft);
      if (this.#unsaved.get(id) === waiting) {
        this.#unsaved.delete(id);
        forgetClosingDraft(key);
      }
      this.#channel.postMessage(id);
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
