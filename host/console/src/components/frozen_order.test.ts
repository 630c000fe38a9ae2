import assert from "node:assert/strict";
import { test } from "node:test";
import { frozenList } from "./frozen_order.ts";

const list = (text: string): string[] => [...text];
const frozen = (kept: string, items: string): [string, number] => {
  const { rows, changes } = frozenList(list(kept), list(items), (item) => item);
  return [rows.join(""), changes];
};

test("the kept order stays, and changes are counted", () => {
  assert.deepEqual(frozen("abc", "abc"), ["abc", 0]);
  assert.deepEqual(frozen("abc", "bac"), ["abc", 1]);
  assert.deepEqual(frozen("abc", "xabc"), ["abc", 1]);
  assert.deepEqual(frozen("abc", "ac"), ["abc", 1]);
});

test("what is loaded at the end shows at once", () => {
  assert.deepEqual(frozen("abc", "abcdef"), ["abcdef", 0]);
  assert.deepEqual(frozen("abc", "xabcd"), ["abcd", 1]);
});
