import assert from "node:assert/strict";
import { test } from "node:test";
import { curlCommand, feedQuery } from "./curl_command.ts";

test("a command quotes what a shell would change", () => {
  assert.equal(
    curlCommand("POST", "http://h/v1/x", { body: { text: "it's $HOME" } }),
    `curl -s -X POST -H "Authorization: Bearer $PATCHBAY_TOKEN" -H 'content-type: application/json' -d '{"text":"it'\\''s $HOME"}' 'http://h/v1/x'`,
  );
  assert.equal(curlCommand("GET", "http://h/e?a=1", { stream: true, token: false }), "curl -N 'http://h/e?a=1'");
});

test("the events' address has the filters of the page that the host knows", () => {
  const id = "0123456789abcdef".repeat(2);
  assert.deepEqual(feedQuery({ kind: "received", conversation: id, text: "" }), { query: { kinds: "received", conversation: id }, left: [] });
  // The host filters by whole ids, and by no words.
  assert.deepEqual(feedQuery({ kind: "", conversation: "0123", text: "lost" }), { query: {}, left: ["conversation", "text"] });
  assert.deepEqual(feedQuery({ kind: "", conversation: "", text: "" }), { query: {}, left: [] });
});
