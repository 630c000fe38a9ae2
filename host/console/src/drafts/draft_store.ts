// Drafts in the browser's database, so that none is lost by a reload, a crash or the end of
// a session. They are personal data: deleted at sign-out and after seven days.

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
/** How long a draft is kept after its last change. */
export const KEPT_MS = 7 * 86_400_000;

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "key" });
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

/** A key as a text. */
export const keyText = (key: DraftKey): string => JSON.stringify([key.owner, key.conversation, key.mode]);

/** Whether a draft has no text, template or files. */
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
  await run("readwrite", (store) => store.clear());
}

/** Stores a draft, or deletes it if it is empty, unless a newer one is stored. */
export async function mergeDraft(key: DraftKey, draft: Draft): Promise<void> {
  const database = await open();
  await new Promise<void>((resolve, reject) => {
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    const store = transaction.objectStore(STORE);
    const reading = store.get(keyText(key));
    reading.onsuccess = () => {
      const stored = reading.result as StoredDraft | undefined;
      if (stored && stored.changedAt > draft.changedAt) return;
      if (isEmptyDraft(draft)) store.delete(keyText(key));
      else store.put({ ...draft, ...key, key: keyText(key) } satisfies StoredDraft);
    };
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}
