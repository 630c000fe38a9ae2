// Alerts that say the same are one row.
import type { HistoryEntry } from "../../api/shapes.ts";

/** The code of an alert: of `alerted` its own, else the kind of the entry. */
export function alertCode(entry: HistoryEntry): string {
  return entry.kind === "alerted" ? (typeof entry.data.alert === "string" && entry.data.alert) || entry.kind : entry.kind;
}

/** Several alerts of one code about one conversation. */
export interface AlertGroup {
  readonly newest: HistoryEntry;
  readonly count: number;
}

/** Alerts, newest first; those of one code about one conversation are one. */
export function groupAlerts(entries: readonly HistoryEntry[]): AlertGroup[] {
  const groups: { newest: HistoryEntry; count: number }[] = [];
  const open = new Map<string, number>();
  const newestFirst = entries.toSorted((a, b) => b.feed - a.feed);
  for (const entry of newestFirst) {
    const key = `${alertCode(entry)} ${entry.conversation ?? entry.feed}`;
    const at = open.get(key);
    if (at !== undefined && groups[at]) groups[at].count += 1;
    else open.set(key, groups.push({ newest: entry, count: 1 }) - 1);
  }
  return groups;
}
