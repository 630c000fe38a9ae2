import assert from "node:assert/strict";
import { test } from "node:test";
import { isSearchable } from "./search_text.ts";

test("a letter alone is not searched for", () => {
  for (const [text, expected] of [
    ["", false],
    ["p", false],
    ["é", false],
    ["?", false],
    ["@", false],
    ["5", true],
    ["語", true],
    ["pa", true],
    ["@j", true],
    ["AB-1234", true],
  ] as const) {
    assert.equal(isSearchable(text), expected, text);
  }
});
