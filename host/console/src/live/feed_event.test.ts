import assert from "node:assert/strict";
import { test } from "node:test";
import { readLiveSignal } from "./feed_event.ts";

test("a signal is read, and what is none is left out", () => {
  const viewers = [{ agent: "ben", state: "typing", since: "2026-03-02T10:00:00Z" }];
  for (const [kind, data, expected] of [
    ["viewers", { conversation: "a", viewers }, { kind: "viewers", conversation: "a", viewers }],
    ["viewers", { conversation: "a" }, undefined],
    ["seen", { conversation: "a", seen: 7 }, { kind: "seen", conversation: "a", seen: 7 }],
    ["seen", { conversation: "a", seen: "7" }, undefined],
    ["seen", { seen: 7 }, undefined],
    // An entry of the feed.
    ["received", { conversation: "a", seen: 7 }, undefined],
  ] as const) {
    assert.deepEqual(readLiveSignal(kind, JSON.stringify(data)), expected);
  }
  assert.equal(readLiveSignal("seen", "{"), undefined);
});
