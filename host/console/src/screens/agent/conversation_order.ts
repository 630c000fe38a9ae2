// Order and choice of conversations on hosts that list them by id only.
import type { ConversationQuery, Summary } from "../../api/agreed.ts";

const LATEST = Number.POSITIVE_INFINITY;
const time = (text: string | null | undefined, fallback: number): number => (text ? Date.parse(text) : fallback);

/** Compares two rows for an order. */
const ORDERS: Record<NonNullable<ConversationQuery["sort"]>, (a: Summary, b: Summary) => number> = {
  id: (a, b) => a.id.localeCompare(b.id),
  deadline: (a, b) => time(a.due_at, LATEST) - time(b.due_at, LATEST) || b.priority - a.priority || ORDERS.age(a, b),
  age: (a, b) => time(a.created_at, 0) - time(b.created_at, 0),
  priority: (a, b) => b.priority - a.priority || ORDERS.age(a, b),
  activity: (a, b) => time(b.last_message_at ?? b.created_at, 0) - time(a.last_message_at ?? a.created_at, 0),
};

/** The rows that a query asks for, in its order. */
export function chooseConversations(rows: readonly Summary[], query: ConversationQuery): Summary[] {
  const states = query.state?.split(",");
  const fits = (row: Summary): boolean =>
    (!states || states.includes(row.state)) &&
    (!query.owner || row.owner === query.owner) &&
    (!query.queue || row.queue === query.queue) &&
    (!query.channel || row.channel === query.channel) &&
    (!query.tag || row.tags.includes(query.tag));
  return rows.filter(fits).toSorted(ORDERS[query.sort ?? "id"]);
}
