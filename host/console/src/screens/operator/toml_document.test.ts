import assert from "node:assert/strict";
import { test } from "node:test";
import { readToml, replaceTable, tableAt, TomlError, writeTable } from "./toml_document.ts";

const FILE = `company = "northwind" # a comment
[plugin.care]
pack = "care"

[plugin.care.settings]
brand = 'N "W"'
words = [
  "a", # first
  "b",
]

[plugin.care.settings.queues]
"card.lost" = "fraud"

[queue.fraud]
sla = { first-response = "1h", hours = "office" }

[[article]]
text = """
two
lines"""
`;

test("a company file is read", () => {
  const { table } = readToml(FILE);
  assert.equal(table.company, "northwind");
  assert.deepEqual(tableAt(table, ["plugin", "care", "settings"]), { brand: 'N "W"', words: ["a", "b"], queues: { "card.lost": "fraud" } });
  assert.deepEqual(tableAt(table, ["queue", "fraud", "sla"]), { "first-response": "1h", hours: "office" });
  assert.deepEqual(table.article, [{ text: "two\nlines" }]);
});

test("numbers, booleans, dates and escapes", () => {
  const { table } = readToml('a = 1_000\nb = -0.5\nc = true\nd = 2026-03-02\ne = "\\u00e9\\n"\nf = []\n');
  assert.deepEqual(table, { a: 1_000, b: -0.5, c: true, d: "2026-03-02", e: "é\n", f: [] });
});

test("an error names its line", () => {
  assert.throws(() => readToml("a = 1\nb = \n"), (error) => error instanceof TomlError && error.line === 2);
  assert.throws(() => readToml('a = "x'), TomlError);
});

test("a table is replaced and the other lines stay", () => {
  const text = replaceTable(FILE, ["plugin", "care", "settings"], { brand: "New", "default-queue": "fraud", queues: { x: "fraud" } });
  const { table } = readToml(text);
  assert.deepEqual(tableAt(table, ["plugin", "care", "settings"]), { brand: "New", "default-queue": "fraud", queues: { x: "fraud" } });
  assert.equal(tableAt(table, ["plugin", "care"])?.pack, "care");
  assert.ok(text.includes("# a comment") && text.includes("[queue.fraud]") && !text.includes("card.lost"));
  assert.equal(replaceTable(text, ["plugin", "care", "settings"], { brand: "New", "default-queue": "fraud", queues: { x: "fraud" } }), text);
});

test("a table that was not there stands behind its parent", () => {
  const text = replaceTable('[plugin.a]\npack = "a"\n\n[queue.b]\n', ["plugin", "a", "settings"], { brand: "x" });
  assert.equal(text, '[plugin.a]\npack = "a"\n\n[plugin.a.settings]\nbrand = "x"\n\n[queue.b]\n');
});

test("keys and texts are quoted where they must be", () => {
  assert.equal(writeTable(["a"], { "b c": 'd"\n', list: [{ x: 1 }] }), '[a]\n"b c" = "d\\"\\n"\nlist = [{ x = 1 }]');
});
