import assert from "node:assert/strict";
import test from "node:test";
import { type AlertEntry, groupAlerts } from "./alert_groups.ts";

const entry = (feed: number, kind: string, conversation?: string, alert?: string) => ({ feed, kind, conversation, sequence: 0, at: "", data: alert ? { alert } : {} }) as AlertEntry;

test("alerts are newest first, and those about the same are counted", () => {
  const groups = groupAlerts([entry(1, "alerted", "a", "offered-again"), entry(2, "alerted", "b", "offered-again"), entry(3, "alerted", "a", "offered-again")]);
  assert.deepEqual(groups.map(({ newest, count }) => [newest.feed, count]), [[3, 2], [2, 1]]);
});

test("alerts of the company stand alone", () => {
  assert.equal(groupAlerts([entry(1, "breaker-opened"), entry(2, "breaker-opened")]).length, 2);
});

test("a group is open while one of its alerts is", () => {
  const taken = { ...entry(1, "alerted", "a", "undeliverable"), acknowledged: { at: "2026-03-02T10:00:00Z", by: "eva" } };
  const [group] = groupAlerts([taken, entry(2, "alerted", "a", "undeliverable")]);
  assert.deepEqual(group?.open, [2]);
  assert.deepEqual(groupAlerts([taken])[0]?.open, []);
});
