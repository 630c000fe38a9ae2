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
  assert.ok((row?.cells[1]?.strength ?? 0) > 0.2);
  assert.equal(row?.cells[1]?.isAbove, false);
});

test("what ends badly more often than expected stands out, and what ends well never does", () => {
  const cells = (failed: number, expected?: number) => heatRows([stage({ ok: 1_000 - failed, failed })], ["ok", "failed"], expected)[0]?.cells;
  assert.deepEqual(cells(10)?.map(({ isAbove }) => isAbove), [false, false]);
  assert.deepEqual(cells(11)?.map(({ isAbove }) => isAbove), [false, true]);
  assert.deepEqual(cells(11, 0.05)?.map(({ isAbove }) => isAbove), [false, false]);
  // It glows the nearer it is to what is expected, and fully there.
  const strengths = [1, 5, 10, 500].map((failed) => cells(failed)?.[1]?.strength ?? 0);
  assert.ok(strengths[0]! < strengths[1]! && strengths[1]! < strengths[2]!);
  assert.deepEqual(strengths.slice(2), [1, 1]);
});

test("a histogram is cut to where something is", () => {
  assert.deepEqual(histogram([0, 2, 1, 0], [1, 2, 5]), [
    { upTo: 2, count: 2, height: 1 },
    { upTo: 5, count: 1, height: 0.5 },
  ]);
  assert.deepEqual(histogram([0, 0], [1]), []);
});
