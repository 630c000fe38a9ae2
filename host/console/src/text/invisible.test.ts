import assert from "node:assert/strict";
import { test } from "node:test";
import { overridesDirection, splitInvisible } from "./invisible.ts";

const shown = (text: string): string =>
  splitInvisible(text)
    .map((part) => (part.code ? `[${part.code}]` : part.text))
    .join("");

test("marks of direction in a file name become visible", () => {
  assert.equal(shown("invoice\u202egpj.exe"), "invoice[202E]gpj.exe");
  assert.equal(overridesDirection("a\u2067b"), true);
});

test("spaces without width, tags and controls become visible", () => {
  assert.equal(shown("a\u200bb\u{e0041}\u0007"), "a[200B]b[E0041][0007]");
});

test("joiners of a script and of an emoji stay", () => {
  const persian = "می\u200cخواهم";
  const family = "👩\u200d👧";
  assert.equal(shown(persian), persian);
  assert.equal(shown(family), family);
  assert.equal(shown("pay\u200dpal"), "pay[200D]pal");
});

test("names from right to left and empty texts are not changed", () => {
  assert.equal(shown("שלום"), "שלום");
  assert.deepEqual(splitInvisible(""), [{ text: "" }]);
});
