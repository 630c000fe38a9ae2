import assert from "node:assert/strict";
import { test } from "node:test";
import { CompositionGuard, isAllowed, isSingleKey, type KeyPress, keyName } from "./key_binding.ts";

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...more,
});

test("keys have names with their modifiers", () => {
  assert.equal(keyName(press("k", { ctrlKey: true }), false), "Mod+K");
  assert.equal(keyName(press("k", { metaKey: true }), true), "Mod+K");
  assert.equal(keyName(press("J", { shiftKey: true }), false), "Shift+J");
  assert.equal(keyName(press("?", { shiftKey: true }), false), "?");
  assert.equal(keyName(press("Enter", { ctrlKey: true }), false), "Mod+Enter");
});

test("keys that write letters with AltGr or Option are no commands", () => {
  const altGraph = { getModifierState: (modifier: string) => modifier === "AltGraph" };
  assert.equal(keyName(press("ę", altGraph), false), undefined);
  assert.equal(keyName(press("@", { ctrlKey: true, altKey: true }), false), undefined);
  assert.equal(keyName(press("ł", { altKey: true }), true), undefined);
});

test("nothing is a command while a word is composed", () => {
  assert.equal(keyName(press("j", { isComposing: true }), false), undefined);
  assert.equal(keyName(press("Enter", { keyCode: 229 }), false), undefined);
});

test("the other system's command key is not ours", () => {
  assert.equal(keyName(press("k", { metaKey: true }), false), undefined);
  assert.equal(keyName(press("k", { ctrlKey: true }), true), undefined);
});

test("single keys do nothing while typing, and can be off", () => {
  assert.equal(isSingleKey("J"), true);
  assert.equal(isAllowed("J", { isTyping: true, singleKeys: true }), false);
  assert.equal(isAllowed("J", { isTyping: false, singleKeys: false }), false);
  assert.equal(isAllowed("J", { isTyping: false, singleKeys: true }), true);
  assert.equal(isAllowed("Mod+K", { isTyping: true, singleKeys: false }), true);
});

test("the Enter that ends a composition sends nothing", async () => {
  const guard = new CompositionGuard();
  guard.end();
  assert.equal(guard.blocks(press("Enter")), true);
  await new Promise((done) => setTimeout(done, 5));
  assert.equal(guard.blocks(press("Enter")), false);
});
