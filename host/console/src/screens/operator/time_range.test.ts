import assert from "node:assert/strict";
import { test } from "node:test";
import { fromField, midnightOf, rangeOf, toField } from "./time_range.ts";

const NOON = Date.parse("2026-03-02T12:00:00Z");

test("yesterday ends where today begins", () => {
  const midnight = midnightOf(NOON, "Europe/Zurich");
  assert.equal(new Date(midnight).toISOString(), "2026-03-01T23:00:00.000Z");
  assert.deepEqual(rangeOf("yesterday", NOON, midnight), { from: "2026-02-28T23:00:00.000Z", to: "2026-03-01T23:00:00.000Z" });
});

test("a field holds the time of the zone", () => {
  assert.equal(fromField("2026-03-02T13:00", "Europe/Zurich"), "2026-03-02T12:00:00.000Z");
  assert.equal(toField("2026-03-02T12:00:00Z", "Europe/Zurich"), "2026-03-02T13:00");
  assert.equal(fromField("", "UTC"), undefined);
});

test("a field keeps its time over the change to summer time", () => {
  for (const text of ["2026-03-29T01:30", "2026-03-29T03:30", "2026-10-25T04:00"]) {
    assert.equal(toField(fromField(text, "Europe/Zurich") ?? "", "Europe/Zurich"), text);
  }
});
