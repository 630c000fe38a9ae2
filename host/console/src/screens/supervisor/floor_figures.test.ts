import assert from "node:assert/strict";
import test from "node:test";
import type { Agent, CountsByGroup, GroupCounts } from "../../api/shapes.ts";
import { agentFigures, queueFigures } from "./floor_figures.ts";

const agents = [
  { id: "ana", presence: "available", not_responding: false, load: 0, queues: ["billing"] },
  { id: "ben", presence: "available", not_responding: true, load: 0, queues: ["billing"] },
  { id: "cem", presence: "away", not_responding: false, load: 0, queues: ["sales"] },
] as Agent[];
const group = (open: number, at_risk: number, missed: number, warned: number): GroupCounts => ({ open, by_state: {}, at_risk, missed, warned });
// As a host with more conversations than a page of rows has.
const counts: CountsByGroup = {
  at: "2026-03-02T10:00:00Z",
  total: group(10_000, 300, 40, 320),
  queues: { billing: group(9_000, 200, 30, 215) },
  owners: { ana: group(12, 2, 1, 2) },
};

test("a queue has the host's counts and the agents who serve it", () => {
  const queues = [{ id: "billing", waiting: 1 }, { id: "sales", waiting: 0 }];
  const [billing, sales] = queueFigures(queues, agents, counts);
  assert.deepEqual(billing, { id: "billing", waiting: 1, oldest: undefined, open: 9_000, atRisk: 200, missed: 30, agents: 2, available: 1 });
  assert.deepEqual(sales, { id: "sales", waiting: 0, oldest: undefined, open: 0, atRisk: 0, missed: 0, agents: 1, available: 0 });
});

test("an agent has the host's counts of what they own, and nothing before these were read", () => {
  const figures = agentFigures(agents, counts).map(({ holds, missed, warned }) => [holds, missed, warned]);
  assert.deepEqual(figures, [[12, 1, 2], [0, 0, 0], [0, 0, 0]]);
  assert.deepEqual(agentFigures(agents, undefined).map(({ holds }) => holds), [0, 0, 0]);
});
