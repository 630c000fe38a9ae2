import assert from "node:assert/strict";
import { test } from "node:test";
import { curlCommand } from "./curl_command.ts";

test("a command quotes what a shell would change", () => {
  assert.equal(
    curlCommand("POST", "http://h/v1/x", { body: { text: "it's $HOME" } }),
    `curl -s -X POST -H "Authorization: Bearer $PATCHBAY_TOKEN" -H 'content-type: application/json' -d '{"text":"it'\\''s $HOME"}' 'http://h/v1/x'`,
  );
  assert.equal(curlCommand("GET", "http://h/e?a=1", { stream: true, token: false }), "curl -N 'http://h/e?a=1'");
});
