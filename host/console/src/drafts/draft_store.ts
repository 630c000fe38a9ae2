// Drafts in the browser's database, so that none is lost by a reload, a crash or the end of
// a session. They are personal data: deleted at sign-out and after seven days.
//
// A page that closes cannot wait for a database, and the browser aborts what is not stored yet.
// Such a page keeps its drafts in `localStorage`, which takes them at once; the next page moves
// them into the database.

import type { Template } from "../api/shapes.ts";

/** Where a draft belongs. */
export interface DraftKey {
  /** Whose it is: person and company. */
  readonly owner: string;
  readonly conversation: string;
  /** Public replies and notes are two drafts. */
  readonly mode: "reply" | "note";
}

/** A draft as it is stored. */
export interface Draft {
  readonly text: string;
  /** Id of the reply, made before the first attempt to send it: a repetition is the same reply. */
  readonly replyId: string;
  readonly then?: string;
  /** A template that stands in place of the text, and what was filled in. */
  readonly template?: { readonly template: Template; readonly parameters: readonly string[] };
  /** Files that are uploaded to the conversation. */
  readonly files?: readonly DraftFile[];
  /** Whom the conversation is with: an erased contact's drafts are deleted. */
  readonly contact?: string;
  /** Unix milliseconds. */
  readonly changedAt: number;
}

/** A file that the host has. */
export interface DraftFile {
  readonly id: string;
  readonly name: string;
  readonly size: number;
}

interface StoredDraft extends Draft {
  readonly key: string;
  readonly owner: string;
  readonly conversation: string;
  readonly mode: DraftKey["mode"];
}

const DATABASE = "patchbay-drafts";
const STORE = "drafts";
const KEPT_MS = 7 * 86_400_000;
/** What the keys of `localStorage` begin with that hold a draft of a page that closed. */
const CLOSING = "patchbay.closing-draft:";

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore(STORE, { keyPath: "key" });
      store.createIndex("owner", "owner");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const request = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

const keyText = (key: DraftKey): string => JSON.stringify([key.owner, key.conversation, key.mode]);

/** Whether nothing of a draft would be missed. */
export function isEmptyDraft(draft: Draft): boolean {
  return draft.text === "" && draft.template === undefined && !draft.files?.length;
}

export async function readDraft(key: DraftKey): Promise<Draft | undefined> {
  return (await run("readonly", (store) => store.get(keyText(key)))) as StoredDraft | undefined;
}

export async function writeDraft(key: DraftKey, draft: Draft): Promise<void> {
  await run("readwrite", (store) => store.put({ ...draft, ...key, key: keyText(key) } satisfies StoredDraft));
}

export async function deleteDraft(key: DraftKey): Promise<void> {
  await run("readwrite", (store) => store.delete(keyText(key)));
}

/** The drafts of a person. Deletes on the way what is too old, also of others who used this browser. */
export async function listDrafts(owner: string): Promise<DraftKey[]> {
  const all = (await run("readonly", (store) => store.getAll())) as StoredDraft[];
  const oldest = Date.now() - KEPT_MS;
  for (const draft of all) if (draft.changedAt < oldest) await deleteDraft(draft);
  return all.filter((draft) => draft.owner === owner && draft.changedAt >= oldest && !isEmptyDraft(draft));
}

/** Deletes all drafts of this browser: the person signed out. */
export async function deleteAllDrafts(): Promise<void> {
  for (const name of closingNames()) localStorage.removeItem(name);
  await run("readwrite", (store) => store.clear());
}

/** Keeps a draft of a page that may close before the database has it; throws where there is no place. */
export function keepClosingDraft(key: DraftKey, draft: Draft): void {
  localStorage.setItem(CLOSING + keyText(key), JSON.stringify({ ...draft, ...key, key: keyText(key) } satisfies StoredDraft));
}

/** The database has the draft. */
export function forgetClosingDraft(key: DraftKey): void {
  localStorage.removeItem(CLOSING + keyText(key));
}

/** Moves what pages that closed have kept into the database, where that has nothing newer. */
export async function storeClosingDrafts(): Promise<void> {
  for (const name of closingNames()) {
    const kept = JSON.parse(localStorage.getItem(name) ?? "null") as StoredDraft | null;
    const stored = kept && (await readDraft(kept));
    if (kept && (stored?.changedAt ?? 0) <= kept.changedAt) {
      if (isEmptyDraft(kept)) await deleteDraft(kept);
      else await run("readwrite", (store) => store.put(kept));
    }
    localStorage.removeItem(name);
  }
}

const closingNames = (): string[] => Object.keys(localStorage).filter((name) => name.startsWith(CLOSING));
