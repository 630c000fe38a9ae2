import assert from "node:assert/strict";
import { test } from "node:test";
import type { HistoryEntry, Message } from "../../api/shapes.ts";
import { buildThread, isUnanswered, joinPages, standingReactions } from "./thread_items.ts";

let sequence = 0;
const entry = (kind: string, data: Record<string, unknown>, more: Partial<HistoryEntry> = {}): HistoryEntry => {
  sequence += 1;
  const at = new Date(1_800_000_000_000 + sequence * 60_000).toISOString();
  return { feed: sequence, sequence, kind, at, data, conversation: "c", ...more };
};
const message = (ordinal: number, id: string, text: string): Message => ({
  ordinal,
  sequence: 10_000 + ordinal,
  interaction: { id, channel: "x", text, received_at: new Date(1_700_000_000_000 + ordinal).toISOString() },
});

test("messages, replies and steps stand in the order of the history", () => {
  const items = buildThread(
    [
      entry("received", { interaction: "a" }),
      entry("offered", { agent: "ana" }),
      entry("accepted", { agent: "ana" }),
      entry("reply-drafted", { reply: "r1", by: { id: "ana", role: "agent" } }, { text: "Hello" }),
      entry("reply-revise", { reply: "r1", tone: { findings: [{ code: "tone", severity: "low" }] } }),
      entry("reply-drafted", { reply: "r2", by: { id: "ana", role: "agent" } }),
      entry("reply-published", { reply: "r2" }),
      entry("reply-delivered", { reply: "r2", by: "ana" }),
    ],
    [message(1, "a", "Where is it?")],
    [],
  );
  assert.deepEqual(
    items.map((item) => item.type),
    ["message", "steps", "reply", "reply"],
  );
  const [first, steps, revise, sent] = items;
  assert.equal(first?.type === "message" && first.interaction?.text, "Where is it?");
  assert.equal(steps?.type === "steps" && steps.entries.length, 2);
  assert.equal(revise?.type === "reply" && revise.status, "revise");
  assert.equal(revise?.type === "reply" && revise.text, "Hello");
  assert.equal(sent?.type === "reply" && sent.status, "delivered");
  assert.equal(isUnanswered(items), false);
});

test("a reply that was taken back keeps its author and answers nothing", () => {
  const items = buildThread(
    [
      entry("received", { interaction: "a" }),
      entry("reply-drafted", { reply: "r1", by: { id: "ana", role: "agent" } }, { text: "Hello" }),
      entry("reply-published", { reply: "r1", sends_at: "2026-03-02T10:00:06Z" }),
      entry("reply-taken-back", { reply: "r1", by: { id: "eva", role: "supervisor" } }),
    ],
    [message(1, "a", "Where is it?")],
    [],
  );
  const reply = items.at(-1);
  assert.deepEqual(reply?.type === "reply" && [reply.status, reply.by, reply.sendsAt], ["taken-back", "ana", "2026-03-02T10:00:06Z"]);
  assert.equal(isUnanswered(items), true);
});

test("edits and deletions change their message in its place", () => {
  const items = buildThread(
    [
      entry("received", { interaction: "a" }),
      entry("received", { interaction: "b" }),
      entry("edited", { interaction: "a" }),
      entry("deleted", { interaction: "b" }),
    ],
    [message(1, "a", "new words"), message(2, "b", "gone")],
    [],
  );
  assert.deepEqual(
    items.map((item) => item.type === "message" && [item.edited, item.deleted]),
    [
      [true, false],
      [false, true],
    ],
  );
  assert.equal(isUnanswered(items), true);
});

test("a message without its words keeps its place", () => {
  const deleted = entry("received", { interaction: "a" }, { ordinal: 1 });
  const erased = entry("received", {}, { ordinal: 2 });
  const items = buildThread([deleted, erased, entry("deleted", { interaction: "a" }, { ordinal: 3 })], [{ ordinal: 3, sequence: deleted.sequence, deleted: true }, { ordinal: 2, sequence: erased.sequence }], []);
  assert.deepEqual(
    items.map((item) => item.type === "message" && [item.ordinal, item.deleted, item.interaction]),
    [
      [3, true, undefined],
      [2, false, undefined],
    ],
  );
});

test("messages without an entry stand before it, notes by their time", () => {
  const received = entry("received", { interaction: "b" });
  const items = buildThread(
    [received],
    [message(2, "b", "two"), message(1, "a", "one")],
    [{ id: "7", at: new Date(Date.parse(received.at) + 1).toISOString(), by: "max", text: "call" }],
  );
  assert.deepEqual(
    items.map((item) => item.key),
    ["message-1", "message-2", "note-7"],
  );
});

test("a reaction stands until it is taken off", () => {
  const reaction = (message: string, emoji: string | undefined, action: string, reply_key?: string) => ({ ordinal: 1, message, emoji, action, reply_key });
  const standing = standingReactions([
    reaction("a", "👍", "add"),
    reaction("a", "❤", "add"),
    reaction("a", "👍", "remove"),
    reaction("x", undefined, "add", "reply-c-4"),
  ]);
  assert.deepEqual(standing.get("a"), ["❤"]);
  assert.deepEqual(standing.get("reply-c-4"), ["♥"]);
});

test("a page that moved on leaves no gap and nothing twice", () => {
  const page = (...sequences: number[]) => sequences.map((sequence) => ({ sequence, of: sequences.length }));
  const joined = joinPages(page(1, 2, 3), page(5, 4, 3, 2));
  assert.deepEqual(
    joined.map(({ sequence, of }) => [sequence, of]),
    [
      [1, 3],
      [2, 4],
      [3, 4],
      [4, 4],
      [5, 4],
    ],
  );
});
