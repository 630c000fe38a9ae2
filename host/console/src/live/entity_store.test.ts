import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Summary } from "../api/shapes.ts";
import { conversationRules } from "./conversation_rules.ts";
import { EntityStore } from "./entity_store.ts";
import type { FeedEvent } from "./feed_event.ts";

const row = (state: string, sequence: number, owner: string | null): Summary => ({
  id: "c",
  state,
  owner,
  sequence,
  channel: "x",
  priority: 0,
  tags: [],
  needs_approval: false,
  clocks: [],
  created_at: "2026-01-01T00:00:00Z",
  interactions: 1,
});

/** What the host does, one entry after the other. */
const EVENTS: FeedEvent[] = [
  { kind: "offered", data: { agent: "ana" } },
  { kind: "declined", data: { agent: "ana" } },
  { kind: "offered", data: { agent: "max" } },
  { kind: "accepted", data: { agent: "max" } },
  { kind: "state-changed", data: { to: "on-hold" } },
  { kind: "returned", data: { agent: "max" } },
  { kind: "assigned", data: { agent: "eva" } },
  { kind: "state-changed", data: { to: "resolved" } },
].map((event, index) => ({ ...event, feed: 10 + index, conversation: "c", at: "2026-01-01T00:00:00Z" }));

/** The row on the host after so many events. */
function hostRow(count: number): Summary {
  const start = row("queued", 1, null);
  const after = EVENTS.slice(0, count).reduce(conversationRules.apply, start);
  return { ...after, sequence: 1 + count };
}

const position = (count: number): number => 9 + count;
const last = EVENTS.length;

test("answers and events in any order, repeated or lost, end as a fresh answer does", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("event" as const), at: fc.nat(last - 1) }),
    // An answer reflects at least what had arrived when it was asked for.
    fc.record({ kind: fc.constant("answer" as const), asked: fc.nat(last), later: fc.nat(last) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, byAnswer) => {
      const store = new EntityStore(conversationRules);
      store.put("c", hostRow(0), position(0));
      for (const it of steps) {
        if (it.kind === "event") {
          const event = EVENTS[it.at];
          if (event) store.apply("c", event);
        } else {
          store.put("c", hostRow(Math.min(last, it.asked + it.later)), position(it.asked));
        }
      }
      // The feed resumes with all later events, or everything is read again.
      if (byAnswer) store.put("c", hostRow(last), position(last));
      else for (const event of EVENTS) store.apply("c", event);
      const value = store.get("c");
      const fresh = hostRow(last);
      assert.deepEqual([value?.state, value?.owner], [fresh.state, fresh.owner]);
    }),
    { numRuns: 2_000 },
  );
});

test("a late answer does not undo an event, a newer one does", () => {
  const store = new EntityStore(conversationRules);
  store.put("c", hostRow(1), position(1));
  for (const event of EVENTS.slice(1, 4)) store.apply("c", event);
  store.put("c", hostRow(1), position(1));
  assert.equal(store.get("c")?.owner, "max");
  store.put("c", { ...hostRow(4), owner: "eva" }, position(4));
  assert.equal(store.get("c")?.owner, "eva");
  assert.equal(store.isAhead("c"), false);
});

test("the store forgets the rows that were written longest ago", () => {
  const store = new EntityStore(conversationRules, 2);
  for (const id of ["a", "b", "c"]) store.put(id, row("queued", 1, null), 0);
  assert.deepEqual([store.get("a"), store.get("b")?.state, store.get("c")?.state], [undefined, "queued", "queued"]);
});

test("a row is unread with a message, until it is seen, and later events keep that", () => {
  const store = new EntityStore<Summary>(conversationRules);
  const event = (feed: number, kind: string): FeedEvent => ({ kind, data: {}, feed, conversation: "c", at: "2026-01-01T00:00:00Z" });
  store.put("c", { ...row("active", 3, "ana"), unread: false }, 10);
  store.apply("c", event(11, "received"));
  assert.equal(store.get("c")?.unread, true);
  // The conversation is read again, and shown.
  store.put("c", { ...store.get("c")!, sequence: 5 }, 11);
  store.patch("c", (it) => ({ ...it, seen: 5, unread: false }));
  store.apply("c", event(12, "state-changed"));
  assert.deepEqual([store.get("c")?.unread, store.get("c")?.seen], [false, 5]);
  store.patch("unknown", (it) => ({ ...it, unread: true }));
  assert.equal(store.get("unknown"), undefined);
});
