import assert from "node:assert/strict";
import { test } from "node:test";
import { levelPoints, type StatisticsDocument, stepOf, timeOf } from "./statistics_range.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");

test("a range ends now, and its buckets are few", () => {
  assert.deepEqual(timeOf("day", NOW, {}), { from: "2026-03-01T12:00:00.000Z", to: "2026-03-02T12:00:00.000Z", step: "hour" });
  assert.equal(timeOf("month", NOW, {})?.step, "day");
  assert.equal(stepOf(3_600_000), "5m");
});

test("an own time needs a start before its end", () => {
  assert.equal(timeOf("own", NOW, {}), undefined);
  assert.equal(timeOf("own", NOW, { from: "2026-03-02T13:00:00Z" }), undefined);
  assert.equal(timeOf("own", NOW, { from: "x", to: "2026-03-02T13:00:00Z" }), undefined);
  const own = timeOf("own", NOW, { from: "2026-03-02T08:00:00Z" });
  assert.deepEqual(own, { from: "2026-03-02T08:00:00.000Z", to: "2026-03-02T12:00:00.000Z", step: "5m" });
});

const row = (key: string, met: number, late: number) => ({ key, work: { clocks: { first_response: { met, late, at_risk: 0, missed: 0 } } } });

test("the level of all queues is that of all their answers, and a bucket without answers has none", () => {
  const statistics = {
    buckets: [
      { start: "2026-03-02T10:00:00Z", end: "2026-03-02T11:00:00Z", rows: [row("tax", 1, 0), row("general", 1, 2)] },
      { start: "2026-03-02T11:00:00Z", end: "2026-03-02T12:00:00Z", rows: [] },
    ],
  } as unknown as StatisticsDocument;
  assert.deepEqual(levelPoints(statistics, undefined).map(({ level }) => level), [0.5, null]);
  assert.deepEqual(levelPoints(statistics, "tax").map(({ met, late }) => [met, late]), [[1, 0], [0, 0]]);
});
