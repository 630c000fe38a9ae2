import assert from "node:assert/strict";
import { test } from "node:test";
import type { Summary } from "../../api/agreed.ts";
import { chooseConversations } from "./conversation_order.ts";

const row = (id: string, more: Partial<Summary>): Summary => ({
  id,
  state: "active",
  channel: "x",
  priority: 0,
  tags: [],
  needs_approval: false,
  created_at: "2026-01-01T00:00:00Z",
  interactions: 1,
  sequence: 1,
  ...more,
});

test("the next deadline is first, rows without one are last", () => {
  const rows = [row("a", {}), row("b", { due_at: "2026-01-01T02:00:00Z" }), row("c", { due_at: "2026-01-01T01:00:00Z" })];
  assert.deepEqual(
    chooseConversations(rows, { sort: "deadline" }).map(({ id }) => id),
    ["c", "b", "a"],
  );
});

test("filters choose by state, agent and queue", () => {
  const rows = [row("a", { owner: "ana" }), row("b", { state: "queued", queue: "q" }), row("c", { owner: "max" })];
  assert.deepEqual(chooseConversations(rows, { owner: "ana" }).length, 1);
  assert.deepEqual(chooseConversations(rows, { state: "queued,on-hold", queue: "q" }).map(({ id }) => id), ["b"]);
});
