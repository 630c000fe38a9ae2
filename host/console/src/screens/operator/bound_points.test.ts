import assert from "node:assert/strict";
import { test } from "node:test";
import { boundPoints, wilson } from "./bound_points.ts";
import type { Rollout } from "./operator_types.ts";

const rollout = (points: Rollout["points"]): Rollout => ({
  generation: 2,
  control: 1,
  kind: "canary",
  share: "5%",
  bounds: { after: 200, failures: 0.01, p99: 2, disagreement: null },
  by: "olga",
  since: "2026-03-02T10:00:00Z",
  candidate_arm: { decisions: 100, failures: { trapped: 3 }, overloaded: 0 },
  control_arm: { decisions: 200, failures: { trapped: 2 }, overloaded: 0 },
  compared: { decisions: 90, agreed: 81, differences: [], failed: 0, no_time: 0, no_room: 0 },
  points,
});

test("a point measures what the bounds bound", () => {
  const [point] = boundPoints(
    rollout([{ at: "2026-03-02T10:00:10Z", decisions: 100, candidate_failures: 0.03, control_failures: 0.01, candidate_p99: 3_000, control_p99: 2_000, disagreement: 0.1 }]),
  );
  assert.equal(point?.at, Date.UTC(2026, 2, 2, 10, 0, 10));
  assert.ok(Math.abs((point?.failures ?? 0) - 0.02) < 1e-9);
  assert.equal(point?.p99, 1.5);
  assert.equal(point?.disagreement, 0.1);
});

test("a canary that fails less than its control does not fail", () => {
  const [point] = boundPoints(rollout([{ at: "2026-03-02T10:00:10Z", decisions: 5, candidate_failures: 0, control_failures: 0.2 }]));
  assert.equal(point?.failures, 0);
});

test("nothing decided measures nothing", () => {
  const [point] = boundPoints(rollout([{ at: "2026-03-02T10:00:10Z", decisions: 0 }]));
  assert.deepEqual([point?.failures, point?.p99, point?.disagreement], [undefined, undefined, undefined]);
});

test("an interval is that of Wilson", () => {
  const rounded = (share: number, count: number) => Object.values(wilson(share, count) ?? {}).map((value) => value.toFixed(4));
  assert.deepEqual(rounded(0.1, 100), ["0.0552", "0.1744"]);
  assert.deepEqual(rounded(0, 100), ["0.0000", "0.0370"]);
  assert.deepEqual(rounded(1, 100), ["0.9630", "1.0000"]);
  assert.equal(wilson(0.5, 0), undefined);
});
