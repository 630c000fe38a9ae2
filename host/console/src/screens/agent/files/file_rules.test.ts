import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileRules } from "../../../api/shapes.ts";
import { cleanName, refuseFile } from "./file_rules.ts";

const rules: FileRules = {
  count: 2,
  total_bytes: 100,
  text: "with",
  without_text: true,
  types: [
    { media_type: "image/jpeg", extensions: ["jpg", "jpeg"], bytes: 60 },
    { media_type: "application/pdf", extensions: ["pdf"], bytes: 100 },
  ],
};
const file = (name: string, size: number) => ({ name, size });

test("a channel says why it does not take a file", () => {
  assert.equal(refuseFile(rules, [], file("a.PDF", 100)), undefined);
  assert.equal(refuseFile(rules, [file("a.pdf", 40)], file("b.jpeg", 60)), undefined);
  assert.deepEqual(refuseFile(rules, [], file("a.exe", 1)), { kind: "type", endings: ["jpg", "pdf"] });
  assert.deepEqual(refuseFile(rules, [], file("a", 1))?.kind, "type");
  assert.deepEqual(refuseFile(rules, [], file("a.pdf", 0)), { kind: "empty" });
  assert.deepEqual(refuseFile(rules, [], file("a.jpg", 61)), { kind: "size", limit: 60 });
  assert.deepEqual(refuseFile(rules, [file("a.pdf", 50)], file("b.pdf", 51)), { kind: "total", limit: 100 });
  assert.deepEqual(refuseFile(rules, [file("a.pdf", 1), file("b.pdf", 1)], file("c.pdf", 1)), { kind: "count", limit: 2 });
});

test("a name is one that every computer can store", () => {
  assert.equal(cleanName("Rechnung März.pdf"), "Rechnung März.pdf");
  assert.equal(cleanName("../a:b.pdf"), "_a_b.pdf");
  assert.equal(cleanName("a\u202efdp.exe"), "afdp.exe");
  assert.equal(cleanName("invoice\u200b\u{e0041}.pdf"), "invoice.pdf");
  assert.equal(cleanName("nul.txt"), "_nul.txt");
  assert.equal(cleanName("console.txt"), "console.txt");
  assert.equal(cleanName(" . "), "file");
});
