import assert from "node:assert/strict";
import { test } from "node:test";
import { formOf, readSchema, referenceNames, type SchemaNode } from "./settings_schema.ts";

const ROOT: SchemaNode = {
  $defs: {
    Span: { type: "string", pattern: "^[1-9]" },
    Consequence: { oneOf: [{ const: "approve", description: "It may go out." }, { const: "hold" }] },
  },
};

test("each setting has a field", () => {
  const kind = (node: SchemaNode): string => formOf(node, ROOT).kind;
  assert.equal(kind({ $ref: "#/$defs/Span" }), "text");
  assert.equal(kind({ anyOf: [{ $ref: "#/$defs/Span" }, { type: "null" }] }), "text");
  assert.equal(kind({ $ref: "#/$defs/Consequence", default: "hold" }), "choice");
  assert.equal(kind({ type: ["string", "null"], "x-patchbay-ref": "queue" }), "reference");
  assert.equal(kind({ type: ["object", "null"], additionalProperties: { type: "string", "x-patchbay-ref": "queue" } }), "map");
  assert.equal(kind({ type: "array", items: { type: "string" } }), "texts");
  assert.equal(kind({ type: "array", items: { type: "object" } }), "json");
  assert.equal(kind({ type: "object", properties: {} }), "group");
  assert.equal(kind({ type: ["string", "integer"] }), "json");
});

test("a choice tells what it means", () => {
  assert.deepEqual(formOf({ $ref: "#/$defs/Consequence" }, ROOT).choices, [{ value: "approve", hint: "It may go out." }, { value: "hold" }]);
});

test("references are the names of the file", () => {
  const document = { queue: { billing: {}, general: {} }, agent: { ana: { teams: ["b", "a"], skills: { fraud: 3 } } } };
  assert.deepEqual(referenceNames("queue", document), ["billing", "general"]);
  assert.deepEqual(referenceNames("team", document), ["a", "b"]);
  assert.deepEqual(referenceNames("skill", document), ["fraud"]);
  assert.deepEqual(referenceNames("other", document), []);
});

test("what is no schema is none", () => {
  assert.equal(readSchema("[]"), undefined);
  assert.equal(readSchema("{"), undefined);
  assert.ok(readSchema('{"properties":{}}'));
});
