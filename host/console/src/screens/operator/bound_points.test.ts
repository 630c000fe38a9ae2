import assert from "node:assert/strict";
import { test } from "node:test";
import { BoundPoints, measure } from "./bound_points.ts";
import type { Rollout } from "./operator_types.ts";

const rollout = (change: Partial<Rollout> = {}): Rollout => ({
  generation: 2,
  control: 1,
  kind: "canary",
  share: "5%",
  bounds: { after: 200, failures: 0.01, p99: 2, disagreement: null },
  by: "olga",
  since: "2026-03-02T10:00:00Z",
  candidate_arm: { decisions: 100, failures: { trapped: 3 }, overloaded: 0, latency: { decisions: 100, p50_micros: 400, p99_micros: 3_000, max_micros: 4_000 } },
  control_arm: { decisions: 200, failures: { trapped: 2 }, overloaded: 0, latency: { decisions: 200, p50_micros: 400, p99_micros: 2_000, max_micros: 4_000 } },
  compared: { decisions: 90, agreed: 81, differences: [], failed: 0, no_time: 0, no_room: 0 },
  ...change,
});

test("a point measures what the bounds bound", () => {
  const point = measure(rollout(), 1);
  assert.ok(Math.abs((point.failures ?? 0) - 0.02) < 1e-9);
  assert.equal(point.p99, 1.5);
  assert.ok(Math.abs((point.disagreement ?? 0) - 0.1) < 1e-9);
});

test("nothing decided measures nothing", () => {
  const empty = { decisions: 0, failures: {}, overloaded: 0 };
  const point = measure(rollout({ candidate_arm: empty, control_arm: empty, compared: { decisions: 0, agreed: 0, differences: [], failed: 0, no_time: 0, no_room: 0 } }), 1);
  assert.deepEqual([point.failures, point.p99, point.disagreement], [undefined, undefined, undefined]);
});

test("points of another rollout begin anew, and an hour of them is kept", () => {
  const points = new BoundPoints();
  for (let n = 0; n < 1_000; n += 1) points.add(rollout(), n * 5_000);
  assert.equal(points.points.length, 720);
  points.add(rollout({ share: "25%" }), 6_000_000);
  assert.equal(points.points.length, 1);
});
