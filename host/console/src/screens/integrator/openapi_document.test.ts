import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenApiDocument, exampleOf, listOperations, resolve } from "./openapi_document.ts";

const document: OpenApiDocument = {
  paths: {
    "/b": { post: { operationId: "two", tags: ["x"] } },
    "/a": { get: { operationId: "one", tags: ["x"] } },
  },
  components: {
    schemas: {
      Whole: { allOf: [{ $ref: "#/components/schemas/Part" }, { type: "object", required: ["n"], properties: { n: { type: "integer", minimum: 1 } } }] },
      Part: { type: "object", required: ["kind", "next"], properties: { kind: { type: "string", enum: ["a", "b"] }, next: { $ref: "#/components/schemas/Part" } } },
    },
  },
};

test("operations are listed by group and path", () => {
  assert.deepEqual(
    listOperations(document).map(({ method, path }) => `${method} ${path}`),
    ["GET /a", "POST /b"],
  );
});

test("references and parts are resolved, also those that point to themselves", () => {
  const whole = resolve({ $ref: "#/components/schemas/Whole" }, document);
  assert.deepEqual(Object.keys(whole.properties ?? {}), ["kind", "next", "n"]);
  const example = exampleOf({ $ref: "#/components/schemas/Whole" }, document) as { kind: string; n: number };
  assert.deepEqual([example.kind, example.n], ["a", 1]);
});
