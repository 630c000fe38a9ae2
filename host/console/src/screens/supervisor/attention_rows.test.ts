import assert from "node:assert/strict";
import { test } from "node:test";
import type { Agent, Summary } from "../../api/shapes.ts";
import { attentionRows, likelyAgents } from "./attention_rows.ts";

const NOW = Date.parse("2026-03-02T10:00:00Z");

function row(id: string, more: Partial<Summary>): Summary {
  return { id, state: "active", owner: "ana", created_at: "2026-03-02T09:00:00Z", ...more } as Summary;
}

function agent(id: string, more: Partial<Agent>): Agent {
  return { id, presence: "available", not_responding: false, load: 0, queues: [], ...more } as unknown as Agent;
}

const ids = (all: readonly { id: string }[]): string[] => all.map(({ id }) => id);

test("missed ones come before those at risk, and these before those that wait", () => {
  const rows = [
    row("waits", { state: "queued", owner: null }),
    row("risk", { due_at: "2026-03-02T10:05:00Z", at_risk_at: "2026-03-02T09:55:00Z" }),
    row("fine", { due_at: "2026-03-02T12:00:00Z", at_risk_at: "2026-03-02T11:30:00Z" }),
    row("missed", { due_at: "2026-03-02T09:59:00Z", at_risk_at: "2026-03-02T09:50:00Z" }),
    row("over", { state: "resolved", owner: null }),
  ];
  assert.deepEqual(ids(attentionRows(rows, NOW, 9)), ["missed", "risk", "waits"]);
  assert.deepEqual(ids(attentionRows(rows, NOW, 1)), ["missed"]);
});

test("of equal ones the nearest deadline is first, then the oldest", () => {
  const waiting = { state: "queued", owner: null } as const;
  const rows = [
    row("young", { ...waiting, created_at: "2026-03-02T09:30:00Z" }),
    row("old", { ...waiting, created_at: "2026-03-02T09:10:00Z" }),
    row("due", { ...waiting, due_at: "2026-03-02T12:00:00Z", at_risk_at: "2026-03-02T11:30:00Z" }),
  ];
  assert.deepEqual(ids(attentionRows(rows, NOW, 9)), ["due", "old", "young"]);
});

test("agents who serve the queue and are there are offered, the freest first, and never the owner", () => {
  const agents = [
    agent("ana", { load: 0 }),
    agent("ben", { load: 50 }),
    agent("cem", { load: 25, queues: ["billing"] }),
    agent("dan", { load: 0, queues: ["other"] }),
    agent("eve", { presence: "away" }),
    agent("fay", { not_responding: true }),
  ];
  assert.deepEqual(ids(likelyAgents(agents, { queue: "billing", owner: "ana" }, 9)), ["cem", "ben"]);
  assert.deepEqual(ids(likelyAgents(agents, { queue: "billing", owner: null }, 2)), ["ana", "cem"]);
});
