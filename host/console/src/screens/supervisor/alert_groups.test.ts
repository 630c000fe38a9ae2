import assert from "node:assert/strict";
import test from "node:test";
import type { HistoryEntry } from "../../api/shapes.ts";
import { groupAlerts } from "./alert_groups.ts";

const entry = (feed: number, kind: string, conversation?: string, alert?: string) => ({ feed, kind, conversation, sequence: 0, at: "", data: alert ? { alert } : {} }) as HistoryEntry;

test("alerts are newest first, and those about the same are counted", () => {
  const groups = groupAlerts([entry(1, "alerted", "a", "offered-again"), entry(2, "alerted", "b", "offered-again"), entry(3, "alerted", "a", "offered-again")]);
  assert.deepEqual(groups.map(({ newest, count }) => [newest.feed, count]), [[3, 2], [2, 1]]);
});

test("alerts of the company stand alone", () => {
  assert.equal(groupAlerts([entry(1, "breaker-opened"), entry(2, "breaker-opened")]).length, 2);
});
