import assert from "node:assert/strict";
import { test } from "node:test";
import { heatColumns, heatRows, histogram } from "./heat.ts";

const stage = (outcomes: Record<string, number>) => ({ stage: "tone", outcomes, times: [], p50: null, p99: null });

test("columns keep their place and others appear with their first count", () => {
  assert.deepEqual(heatColumns([stage({ ok: 1 })]), ["ok", "declined", "failed", "timeout", "trapped", "overloaded", "bypassed"]);
  assert.ok(heatColumns([stage({ denied: 1 })]).includes("denied"));
  assert.ok(heatColumns([stage({ unheard: 1 })]).includes("unheard"));
});

test("one failure in a thousand is seen", () => {
  const [row] = heatRows([stage({ ok: 999, failed: 1 })], ["ok", "failed"]);
  assert.equal(row?.total, 1_000);
  assert.ok((row?.cells[1]?.strength ?? 0) > 0.3);
});

test("a histogram is cut to where something is", () => {
  assert.deepEqual(histogram([0, 2, 1, 0], [1, 2, 5]), [
    { upTo: 2, count: 2, height: 1 },
    { upTo: 5, count: 1, height: 0.5 },
  ]);
  assert.deepEqual(histogram([0, 0], [1]), []);
});
