// The drafts of the person who is signed in: stored soon after each change, shown by the badges of
// rows, and the same in all tabs. The newest change of a draft counts.
import { session } from "../shell/session.svelte.ts";
import { deleteClosingDrafts, forgetClosingDraft, keepClosingDraft, readClosingDraft, storeClosingDrafts } from "./closing_drafts.ts";
import { type Draft, type DraftKey, deleteAllDrafts, deleteDraft, isEmptyDraft, keyText, listDrafts, readDraft, writeDraft } from "./draft_store.ts";

/** A draft is on disk within this time of the last key. */
const SAVE_MS = 300;

/** What became of a draft elsewhere. */
export interface DraftChange {
  readonly kind: "stored" | "discarded" | "erased";
  /** When the draft was changed that was stored or discarded. */
  readonly changedAt: number;
}

type Listener = (change: DraftChange) => void;

interface Unsaved {
  readonly key: DraftKey;
  readonly draft: Draft;
  /** Absent once the database refused the draft: then it is kept here as long as the page. */
  timer?: ReturnType<typeof setTimeout> | undefined;
}

/** A message to other tabs; without a key all drafts are gone. */
interface Message extends Partial<DraftChange> {
  readonly key?: string;
}

class Drafts {
  /** Conversations by draft: a reply and a note may both be there. */
  #listed = $state.raw<ReadonlyMap<string, string>>(new Map());
  readonly #conversations = $derived(new Set(this.#listed.values()));
  readonly #unsaved = new Map<string, Unsaved>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #channel = new BroadcastChannel("patchbay-drafts");
  /** Settles when the drafts of pages that closed are in the database. */
  readonly #ready = storeClosingDrafts();
  /** Whether the person signed out: nothing is stored any more. */
  #isClosed = false;

  constructor() {
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data.key === undefined) this.#close();
      else if (data.kind) this.#notify(data.key, { kind: data.kind, changedAt: data.changedAt ?? 0 });
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

  key(conversation: string, mode: DraftKey["mode"]): DraftKey {
    return { owner: `${session.owner}/${session.company}`, conversation, mode };
  }

  /** Calls back when another tab changed this draft, or its contact was erased; returns a function that unsubscribes. */
  subscribe(key: DraftKey, listener: Listener): () => void {
    const id = keyText(key);
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  async reload(): Promise<void> {
    await this.#ready;
    const { owner } = this.key("", "reply");
    const keys = await listDrafts(owner).catch(() => []);
    const unsaved = [...this.#unsaved.values()].filter((it) => it.key.owner === owner && !isEmptyDraft(it.draft)).map(({ key }) => key);
    this.#listed = new Map([...keys, ...unsaved].map((key) => [keyText(key), key.conversation]));
  }

  /** The newest version of a draft; fails if the browser's database cannot be read. */
  async read(key: DraftKey): Promise<Draft | undefined> {
    await this.#ready;
    return this.#unsaved.get(keyText(key))?.draft ?? readClosingDraft(key) ?? (await readDraft(key));
  }

  /** Stores a draft soon; an empty one is deleted. */
  save(key: DraftKey, draft: Draft): void {
    if (this.#isClosed) return;
    const id = keyText(key);
    clearTimeout(this.#unsaved.get(id)?.timer);
    this.#unsaved.set(id, { key, draft, timer: setTimeout(() => void this.#write(id), SAVE_MS) });
    this.#mark(key, !isEmptyDraft(draft));
  }

  /** Deletes a draft: it was sent, or its person wants it gone. */
  async discard(key: DraftKey): Promise<void> {
    const id = keyText(key);
    const draft = await this.read(key).catch(() => undefined);
    clearTimeout(this.#unsaved.get(id)?.timer);
    this.#unsaved.delete(id);
    this.#mark(key, false);
    forgetClosingDraft(key);
    await deleteDraft(key).catch(() => {});
    this.#publish(id, { kind: "discarded", changedAt: draft?.changedAt ?? Date.now() });
  }

  /** Deletes the drafts to an erased contact; `isOf` knows conversations whose drafts do not name it. */
  async discardContact(contact: string, isOf: (conversation: string) => boolean): Promise<void> {
    await this.#ready;
    const { owner } = this.key("", "reply");
    const stored = await listDrafts(owner).catch(() => []);
    const keys = [...stored, ...[...this.#unsaved.values()].map(({ key }) => key)];
    for (const key of keys.filter((it) => it.owner === owner)) {
      const draft = await this.read(key).catch(() => undefined);
      if (!draft || (draft.contact !== contact && !isOf(key.conversation))) continue;
      await this.discard(key);
      const change = { kind: "erased", changedAt: Date.now() } as const;
      this.#notify(keyText(key), change);
      this.#publish(keyText(key), change);
    }
  }

  /** Deletes all drafts of this browser, and stores none any more: the person signed out. */
  async clear(): Promise<void> {
    this.#close();
    this.#channel.postMessage({} satisfies Message);
    deleteClosingDrafts();
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

  async #write(id: string): Promise<void> {
    const waiting = this.#unsaved.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    const { key, draft } = waiting;
    try {
      if (isEmptyDraft(draft)) await deleteDraft(key);
      else await writeDraft(key, draft);
    } catch {
      // Some browsers have no database in private windows, and a disk may be full: it stays here.
      waiting.timer = undefined;
      return;
    }
    if (this.#unsaved.get(id) === waiting) {
      this.#unsaved.delete(id);
      forgetClosingDraft(key);
    }
    this.#publish(id, { kind: isEmptyDraft(draft) ? "discarded" : "stored", changedAt: draft.changedAt });
  }

  #close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#unsaved.values()) clearTimeout(timer);
    this.#unsaved.clear();
    this.#listed = new Map();
  }

  #publish(key: string, change: DraftChange): void {
    this.#channel.postMessage({ key, ...change } satisfies Message);
  }

  #notify(id: string, change: DraftChange): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener(change);
  }

  #mark(key: DraftKey, has: boolean): void {
    const id = keyText(key);
    if (this.#listed.has(id) === has) return;
    const next = new Map(this.#listed);
    if (has) next.set(id, key.conversation);
    else next.delete(id);
    this.#listed = next;
  }
}

export const drafts = new Drafts();
