import assert from "node:assert/strict";
import { test } from "node:test";
import { type Action, undoOf } from "./conversation_undo.ts";

const ana = { agent: "ana" };
const supervisor = { agent: undefined };
const own = { state: "active", owner: "ana", queue: "general" };

test("an act that changes the state is taken back by the act into the state before", () => {
  assert.deepEqual(undoOf("hold", own, ana), { action: "resume" });
  assert.deepEqual(undoOf("wait", own, ana), { action: "resume" });
  assert.deepEqual(undoOf("wait", { ...own, state: "on-hold" }, ana), { action: "hold" });
  assert.deepEqual(undoOf("resume", { ...own, state: "waiting-on-customer" }, ana), { action: "wait" });
  assert.deepEqual(undoOf("wrap-up", own, ana), { action: "resume" });
});

test("what left an agent goes back to them", () => {
  for (const action of ["assign", "transfer", "return"] as Action[]) {
    assert.deepEqual(undoOf(action, own, supervisor), { action: "assign", agent: "ana" });
    assert.deepEqual(undoOf(action, own, ana), { action: "assign", agent: "ana" });
  }
});

test("what nobody had goes back to its queue", () => {
  const waiting = { state: "queued", owner: null, queue: "general" };
  assert.deepEqual(undoOf("assign", waiting, ana), { action: "return" });
  assert.deepEqual(undoOf("transfer", waiting, supervisor), { action: "transfer", queue: "general" });
});

test("where the host has no act, or lets the person do none, there is nothing to take back", () => {
  assert.equal(undoOf("resolve", own, ana), undefined);
  assert.equal(undoOf("transfer", { ...own, owner: "max" }, ana), undefined);
  assert.equal(undoOf("hold", { ...own, state: "awaiting-approval" }, ana), undefined);
});
