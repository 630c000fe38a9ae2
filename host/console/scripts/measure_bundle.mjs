// Measures the built console against its budgets, and fails above them. The first load is
// that of an agent: the page, the inbox, and the texts of one language.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGETS = { "first load, JS": 90, "first load, CSS": 15, "all JS, one language": 245 };

const dist = join(dirname(fileURLToPath(import.meta.url)), "../dist");
const size = (name) => gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
const text = (name) => readFileSync(join(dist, name), "utf8");
const first = new Set();
const add = (name) => {
  if (first.has(name)) return;
  first.add(name);
  if (!name.endsWith(".js")) return;
  for (const [, imported] of text(name).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
    add(`assets/${imported}`);
  }
};
for (const [, name] of text("index.html").matchAll(/"\/console\/(assets\/[^"]+)"/g)) add(name);
const all = readdirSync(join(dist, "assets")).map((name) => `assets/${name}`);
for (const name of all) {
  if (/\/(agent|screens|texts-(common|agent)-en)-/.test(name)) add(name);
}
const sum = (names, extension) =>
  names.filter((name) => name.endsWith(extension)).reduce((total, name) => total + size(name), 0);
const sizes = {
  "first load, JS": sum([...first], ".js"),
  "first load, CSS": sum([...first], ".css"),
  "all JS, one language": sum(all.filter((name) => !/\/texts-\w+-de-/.test(name)), ".js"),
};
let isOver = false;
for (const [what, bytes] of Object.entries(sizes)) {
  const used = bytes / 1000;
  isOver ||= used > BUDGETS[what];
  console.log(`${what}: ${used.toFixed(1)} KB gzip, budget ${BUDGETS[what]} KB`);
}
console.log(`files of the first load: ${first.size + 1}`);
process.exit(isOver ? 1 : 0);
