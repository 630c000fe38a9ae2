import assert from "node:assert/strict";
import test from "node:test";
import type { Finding } from "../../api/shapes.ts";
import { draftPieces, passageOf } from "./approval_facts.ts";

const finding = (start: number, end: number) => ({ code: "c", severity: "low", message: "m", start, end }) as Finding;

test("a passage after an emoji is the right one", () => {
  assert.equal(passageOf("a😀b", finding(5, 6)), "b");
  assert.deepEqual(draftPieces("a😀b", [finding(5, 6)]), [{ text: "a😀" }, { text: "b", style: "found" }]);
});

test("a draft without findings is one piece", () => {
  assert.deepEqual(draftPieces("hello", []), [{ text: "hello" }]);
});
