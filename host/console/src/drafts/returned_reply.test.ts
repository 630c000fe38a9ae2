import assert from "node:assert/strict";
import { test } from "node:test";
import type { Template } from "../api/shapes.ts";
import type { Draft } from "./draft_store.ts";
import { joinReturned } from "./returned_reply.ts";

const sent: Template = { channel: "whatsapp", id: "sent", name: "sent", language: "en", text: "Sent, {{1}}.", parameters: 1 };
const filled = { template: sent, parameters: ["Jo"] };
const other = { template: { ...sent, id: "other" }, parameters: ["Mo"] };

function draft(text: string, more: Partial<Draft> = {}): Draft {
  return { text, replyId: "r1", changedAt: 1, ...more };
}

test("the returned words are the draft where there is none, with what was to follow", () => {
  for (const before of [undefined, draft(""), draft("  \n")]) {
    assert.deepEqual(joinReturned(before, { text: "Hello", then: "resolve" }, "r2", 9), { text: "Hello", replyId: "r2", changedAt: 9, then: "resolve" });
  }
});

test("what was begun meanwhile stays, after the returned words", () => {
  assert.equal(joinReturned(draft("And"), { text: "Hello" }, "r2", 9).text, "Hello\n\nAnd");
});

test("the returned draft never has the id of the reply, which sends nothing any more", () => {
  assert.equal(joinReturned(draft("And"), { text: "Hello" }, "r2", 9).replyId, "r2");
});

test("a template comes back as the template where nothing else was begun", () => {
  const joined = joinReturned(undefined, { text: "Sent, Jo.", template: filled }, "r2", 9);
  assert.deepEqual([joined.text, joined.template], ["", filled]);
});

test("a template comes back as its text where a text or another template was begun", () => {
  const beside = joinReturned(draft("And"), { text: "Sent, Jo.", template: filled }, "r2", 9);
  assert.deepEqual([beside.text, beside.template], ["Sent, Jo.\n\nAnd", undefined]);
  const another = joinReturned(draft("", { template: other }), { text: "Sent, Jo.", template: filled }, "r2", 9);
  assert.deepEqual([another.text, another.template], ["Sent, Jo.", other]);
});

test("what was chosen to follow stays where the reply does not say", () => {
  assert.equal(joinReturned(draft("And", { then: "stay" }), { text: "Hello" }, "r2", 9).then, "stay");
});
