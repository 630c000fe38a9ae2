import assert from "node:assert/strict";
import { test } from "node:test";
import type { EventData, FeedEvent } from "../../live/feed_event.ts";
import { SOURCES } from "./attention_sources.ts";

const event = (kind: string, data: EventData = {}): FeedEvent => ({ feed: 1, kind, at: "2026-03-02T08:00:00Z", data });
const changedBy = (one: FeedEvent): string[] => SOURCES.filter(({ mayChange }) => mayChange(one)).map(({ what }) => what);

test("an event has that counted again which it may change", () => {
  assert.deepEqual(changedBy(event("reply-held")), ["approvals"]);
  assert.deepEqual(changedBy(event("state-changed", { from: "awaiting-approval", to: "active" })), ["approvals"]);
  assert.deepEqual(changedBy(event("breaker-opened")), ["alerts"]);
  assert.deepEqual(changedBy(event("clock-rang")), ["incidents", "missed"]);
  assert.deepEqual(changedBy(event("state-changed", { from: "active", to: "resolved" })), ["missed"]);
});

test("most of what happens on a floor has nothing counted", () => {
  for (const kind of ["offered", "accepted", "presence-changed", "echoed", "assigned"]) assert.deepEqual(changedBy(event(kind)), []);
});
