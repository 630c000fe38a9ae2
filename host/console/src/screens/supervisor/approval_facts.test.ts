import assert from "node:assert/strict";
import test from "node:test";
import type { Approval, Finding } from "../../api/agreed.ts";
import { draftPieces, isMine, passageOf } from "./approval_facts.ts";

const finding = (start: number, end: number) => ({ code: "c", severity: "low", message: "m", start, end }) as Finding;

test("a passage after an emoji is the right one", () => {
  assert.equal(passageOf("a😀b", finding(5, 6)), "b");
  assert.deepEqual(draftPieces("a😀b", [finding(5, 6)]), [{ text: "a😀" }, { text: "b", style: "found" }]);
});

test("a draft without findings is one piece", () => {
  assert.deepEqual(draftPieces("hello", []), [{ text: "hello" }]);
});

test("the host says whose turn it is; an older one leaves it to who did not write it", () => {
  const item = { conversation: "c", reply: "r", step: 0, author: "ana" } as Approval;
  assert.equal(isMine({ ...item, mine: false }, "eva"), false);
  assert.equal(isMine(item, "eva"), true);
  assert.equal(isMine(item, "ana"), false);
  assert.equal(isMine({ ...item, approved: ["eva"] }, "eva"), false);
});
