// The order of a list while somebody is in it: rows stay where they are under the pointer.

/** A list in its kept order. */
export interface FrozenList<T> {
  readonly rows: readonly T[];
  /** Rows that came, left or moved; they show when the order is applied. */
  readonly changes: number;
}

/**
 * The rows in the order that was kept, as they are now. What was loaded at the end follows; rows
 * that came elsewhere, left or moved are counted.
 */
export function frozenList<T>(kept: readonly T[], items: readonly T[], key: (item: T) => string): FrozenList<T> {
  const now = new Map(items.map((item) => [key(item), item]));
  const known = new Set(kept.map(key));
  const lastKnown = items.findLastIndex((item) => known.has(key(item)));
  const appended = items.slice(lastKnown + 1);
  const rows = [...kept.map((item) => now.get(key(item)) ?? item), ...appended];
  const before = items.slice(0, lastKnown + 1);
  const came = before.filter((item) => !known.has(key(item))).length;
  const left = kept.filter((item) => !now.has(key(item))).length;
  if (came + left > 0) return { rows, changes: came + left };
  const moved = before.some((item, index) => key(item) !== key(kept[index] ?? item));
  return { rows, changes: moved ? 1 : 0 };
}
