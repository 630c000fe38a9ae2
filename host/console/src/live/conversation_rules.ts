// What events of the feed change in the row of a conversation.
import type { Summary } from "../api/shapes.ts";
import type { EntityRules } from "./entity_store.ts";
import type { FeedEvent } from "./feed_event.ts";

/** The row after an event: codes that events hold, at once. Words need the row to be read again. */
function apply(row: Summary, event: FeedEvent): Summary {
  const { agent, to, state } = event.data;
  switch (event.kind) {
    case "offered":
      return { ...row, state: "reserved" };
    case "accepted":
    case "assigned":
      return { ...row, state: "active", owner: agent ?? row.owner };
    case "declined":
    case "timed-out":
      return { ...row, state: "queued", owner: null };
    case "returned":
      return { ...row, state: state ?? "queued", owner: null };
    case "state-changed":
      return { ...row, state: to ?? row.state, ...(to === "resolved" ? { due_at: null, due_clock: null } : {}) };
    case "received":
      return row.unread === false ? { ...row, unread: true } : row;
    case "reply-held":
      return { ...row, state: "awaiting-approval" };
    default:
      return row;
  }
}

export const conversationRules: EntityRules<Summary> = {
  sequence: (row) => row.sequence,
  apply,
};
