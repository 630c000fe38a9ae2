import assert from "node:assert/strict";
import { test } from "node:test";
import { fillTemplate, findPlaceholders } from "./placeholders.ts";

test("a name in brackets is found, a link and a list are not", () => {
  const found = (text: string): string[] =>
    findPlaceholders(text).map(({ start, end }) => text.slice(start, end));
  assert.deepEqual(found("Dear [name], your parcel {{2}}"), ["[name]", "{{2}}"]);
  assert.deepEqual(found("see [the page](https://x.example), a[0] and [1]"), []);
});

test("a template keeps what has no parameter", () => {
  assert.equal(fillTemplate("Hello {{1}}, order {{2}}", ["Jo"]), "Hello Jo, order {{2}}");
});
