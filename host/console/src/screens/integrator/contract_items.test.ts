import assert from "node:assert/strict";
import { test } from "node:test";
import { type InterfaceItem, anchorOf, matches, paragraphsOf, signatureOf, typePieces } from "./contract_items.ts";

const finding = {
  name: "finding",
  kind: "record",
  description: "A problem found in the draft.",
  since: "0.1.0",
  type: null,
  members: [{ name: "start", type: "option<u32>", description: "First byte of the passage." }],
  functions: [],
};
const tone: InterfaceItem = {
  name: "patchbay:tone/tone",
  version: "0.1.0",
  interface: { name: "tone", description: null, since: "0.1.0", uses: { draft: "patchbay:care/types" }, types: [finding], functions: [] },
};

test("a name of the interface and one of another lead to their types, others nowhere", () => {
  assert.deepEqual(typePieces("result<list<finding>, draft>", tone), [
    { text: "result", to: undefined },
    { text: "<", to: undefined },
    { text: "list", to: undefined },
    { text: "<", to: undefined },
    { text: "finding", to: anchorOf("patchbay:tone/tone", "finding") },
    { text: ">, ", to: undefined },
    { text: "draft", to: "type-patchbay-care-types-draft" },
    { text: ">", to: undefined },
  ]);
});

test("a name that every object has is no type", () => {
  assert.deepEqual(typePieces("constructor", tone), [{ text: "constructor", to: undefined }]);
});

test("a function has its parameters and its result", () => {
  const base = { name: "check", description: null, since: null };
  assert.equal(signatureOf({ ...base, parameters: [{ name: "draft", type: "draft" }], result: "bool" }), "(draft: draft) -> bool");
  assert.equal(signatureOf({ ...base, parameters: [], result: null }), "()");
});

test("a type is found by the words of its members", () => {
  assert.ok(matches(["passage", "finding"], finding));
  assert.ok(!matches(["passage", "absent"], finding));
});

test("an empty line separates paragraphs, another line end does not", () => {
  assert.deepEqual(paragraphsOf("One\nline.\n\nAnother."), ["One line.", "Another."]);
  assert.deepEqual(paragraphsOf(null), []);
});
