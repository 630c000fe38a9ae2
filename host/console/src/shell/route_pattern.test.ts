import assert from "node:assert/strict";
import { test } from "node:test";
import { matchPath } from "./route_pattern.ts";

test("a pattern names the fields of a path", () => {
  assert.deepEqual(matchPath("/c/:id", "/c/4f0c"), { id: "4f0c" });
  assert.deepEqual(matchPath("/c/:id", "/c/a%2Fb/"), { id: "a/b" });
  assert.deepEqual(matchPath("/", "/"), {});
  assert.equal(matchPath("/c/:id", "/c"), undefined);
  assert.equal(matchPath("/c/:id", "/c/1/2"), undefined);
  assert.equal(matchPath("/c/:id", "/c/%E0%A4%A"), undefined);
  assert.equal(matchPath("/inbox", "/"), undefined);
});
