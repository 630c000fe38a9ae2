// Alerts that say the same are one row.
import type { components } from "../../api/schema.ts";
import type { HistoryEntry } from "../../api/shapes.ts";

/** An alert, and who acknowledged it. */
export type AlertEntry = HistoryEntry & Pick<components["schemas"]["CompanyAlert"], "acknowledged">;

/** The code of an alert: of `alerted` its own, else the kind of the entry. */
export function alertCode(entry: HistoryEntry): string {
  return entry.kind === "alerted" ? (typeof entry.data.alert === "string" && entry.data.alert) || entry.kind : entry.kind;
}

/** Several alerts of one code about one conversation. */
export interface AlertGroup {
  readonly newest: AlertEntry;
  readonly count: number;
  /** Numbers of those that nobody has acknowledged. */
  readonly open: readonly number[];
}

/** Alerts, newest first; those of one code about one conversation are one. */
export function groupAlerts(entries: readonly AlertEntry[]): AlertGroup[] {
  const groups: { newest: AlertEntry; count: number; open: number[] }[] = [];
  const known = new Map<string, number>();
  const newestFirst = entries.toSorted((a, b) => b.feed - a.feed);
  for (const entry of newestFirst) {
    const key = `${alertCode(entry)} ${entry.conversation ?? entry.feed}`;
    const open = entry.acknowledged ? [] : [entry.feed];
    const group = groups[known.get(key) ?? -1];
    if (group) {
      group.count += 1;
      group.open.push(...open);
    } else {
      known.set(key, groups.push({ newest: entry, count: 1, open }) - 1);
    }
  }
  return groups;
}
