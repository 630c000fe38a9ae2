// Drafts of pages that close. Such a page cannot wait for a database, and the browser aborts what is
// not stored yet: it keeps its drafts in `localStorage`, which takes them at once, and the next page
// moves them into the database.
import { type Draft, type DraftKey, KEPT_MS, keyText, mergeDraft } from "./draft_store.ts";

/** What the keys of `localStorage` begin with that hold such a draft. */
const PREFIX = "patchbay.closing-draft:";

interface ClosingDraft {
  readonly key: DraftKey;
  readonly draft: Draft;
}

/** Keeps a draft; throws if `localStorage` is full or blocked. */
export function keepClosingDraft(key: DraftKey, draft: Draft): void {
  localStorage.setItem(PREFIX + keyText(key), JSON.stringify({ key, draft } satisfies ClosingDraft));
}

/** The database has the draft, or it is discarded. */
export function forgetClosingDraft(key: DraftKey): void {
  forget(PREFIX + keyText(key));
}

/** The draft that a page kept and no database has; undefined for none. */
export function readClosingDraft(key: DraftKey): Draft | undefined {
  return read(PREFIX + keyText(key))?.draft;
}

/** Deletes all of them: the person signed out. */
export function deleteClosingDrafts(): void {
  for (const name of names()) forget(name);
}

/** Moves all of them into the database, where that has nothing newer, and deletes those that are too old. */
export async function storeClosingDrafts(): Promise<void> {
  const oldest = Date.now() - KEPT_MS;
  for (const name of names()) {
    const kept = read(name);
    if (kept && kept.draft.changedAt >= oldest) {
      // Without a database they stay where they are, and are read from there.
      const isStored = await mergeDraft(kept.key, kept.draft).then(
        () => true,
        () => false,
      );
      if (!isStored) continue;
    }
    // A page that closed meanwhile may have kept a newer one.
    if (JSON.stringify(read(name)) === JSON.stringify(kept)) forget(name);
  }
}

function names(): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function read(name: string): ClosingDraft | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? "null") as ClosingDraft | null;
    return kept?.key && kept.draft?.changedAt ? kept : undefined;
  } catch {
    return undefined;
  }
}

function forget(name: string): void {
  try {
    localStorage.removeItem(name);
  } catch {
    // Where `localStorage` is blocked, it holds nothing.
  }
}
