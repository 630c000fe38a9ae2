import assert from "node:assert/strict";
import test from "node:test";
import type { Agent, Summary } from "../../api/shapes.ts";
import { agentFigures, queueFigures } from "./floor_figures.ts";

const NOW = Date.parse("2026-03-02T10:00:00Z");
const agents = [
  { id: "ana", presence: "available", not_responding: false, load: 0, queues: ["billing"] },
  { id: "ben", presence: "available", not_responding: true, load: 0, queues: ["billing"] },
  { id: "cem", presence: "away", not_responding: false, load: 0, queues: ["sales"] },
] as Agent[];
const rows = [
  { id: "1", state: "active", queue: "billing", owner: "ana", due_at: "2026-03-02T09:00:00Z" },
  { id: "2", state: "queued", queue: "billing", due_at: "2026-03-02T10:09:00Z", at_risk_at: "2026-03-02T09:59:00Z" },
  { id: "3", state: "resolved", queue: "billing", owner: "ana" },
] as Summary[];

test("a queue counts its open conversations and the agents who serve it", () => {
  const [billing, sales] = queueFigures([{ id: "billing", waiting: 1 }, { id: "sales", waiting: 0 }], agents, rows, NOW);
  assert.deepEqual(billing, { id: "billing", waiting: 1, oldest: undefined, open: 2, atRisk: 1, missed: 1, agents: 2, available: 1 });
  assert.deepEqual(sales, { id: "sales", waiting: 0, oldest: undefined, open: 0, atRisk: 0, missed: 0, agents: 1, available: 0 });
});

test("an agent holds what is theirs and not resolved", () => {
  assert.deepEqual(agentFigures(agents, rows, NOW).map(({ holds, missed }) => [holds, missed]), [[1, 1], [0, 0], [0, 0]]);
});
