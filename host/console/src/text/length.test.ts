import assert from "node:assert/strict";
import { test } from "node:test";
import { lengthRule, measure } from "./length.ts";

test("each unit counts its own way", () => {
  const text = "e\u0301👩\u200d👧";
  assert.equal(measure(text, { unit: "characters" }).length, 5);
  assert.equal(measure(text, { unit: "graphemes" }).length, 2);
  assert.equal(measure(text, { unit: "bytes" }).length, 14);
  assert.equal(measure(text, { unit: "utf-16" }).length, 7);
});

test("X weighs addresses, emoji and wide characters", () => {
  const x = (text: string): number => measure(text, { unit: "x" }).length;
  assert.equal(x("hello"), 5);
  assert.equal(x("日本"), 4);
  assert.equal(x("👩\u200d👧"), 2);
  assert.equal(x("see https://shop.example/a/very/long/path?with=query now"), 4 + 23 + 4);
});

test("an SMS counts in the units of its encoding", () => {
  const rule = { unit: "sms", limit: 10 } as const;
  assert.deepEqual(measure("a".repeat(160), rule), { length: 160, segments: 1, limit: 1530 });
  assert.equal(measure("a".repeat(161), rule).segments, 2);
  assert.equal(measure("€", rule).length, 2);
  assert.deepEqual(measure("я".repeat(71), rule), { length: 71, segments: 2, limit: 670 });
  assert.equal(measure("", rule).segments, 0);
});

test("a channel has a limit for posts and one for private messages", () => {
  assert.deepEqual(lengthRule("x", false), { unit: "x", limit: 280 });
  assert.deepEqual(lengthRule("x", true), { unit: "characters", limit: 10_000 });
  assert.deepEqual(lengthRule("a-private-channel", true), { unit: "characters" });
});
