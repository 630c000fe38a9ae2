// The table of cases in docs/console-cases.md names tests that exist, or says why there is none.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const console_ = fileURLToPath(new URL("..", import.meta.url));
const host = join(console_, "..");
const PAGE = join(host, "../docs/console-cases.md");
const COLUMNS = "case | seen in | what is right | tests";

const read = (path) => readFileSync(path, "utf8");
const walk = (folder, ending) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** The rows of the page: the cells of each. */
function rows() {
  const lines = read(PAGE).split("\n").filter((line) => line.startsWith("|"));
  const cells = lines.map((line) => line.replace(/^\| | \|$/g, "").split(" | "));
  return cells.filter((row) => row.join(" | ") !== COLUMNS && !/^[-| ]+$/.test(row.join("")));
}

/** Names of browser cases and of tests of modules, each behind its module. */
function consoleTests() {
  const found = new Set();
  for (const path of walk(join(console_, "browser/cases"), ".mjs")) {
    const module = /(\w+)\.mjs$/.exec(path)[1];
    for (const [, name] of read(path).matchAll(/^ {2}async "(.+)"\(/gm)) found.add(`${module}: ${name}`);
  }
  for (const path of walk(join(console_, "src"), ".test.ts")) {
    const module = /src\/(?:screens\/)?(.+)\.test\.ts$/.exec(path)[1];
    for (const [, name] of read(path).matchAll(/^test\("(.+?)"/gm)) found.add(`${module}: ${name}`);
  }
  return found;
}

/** Whether `crate::module::…::test` or `crate::module` of a crate in host/ exists. */
function isRustTest(name) {
  const [crate, ...modules] = name.split("::");
  const folder = join(host, crate);
  if (!existsSync(folder)) return false;
  const last = modules.at(-1);
  const files = ["src", "tests"].flatMap((part) => (existsSync(join(folder, part)) ? walk(join(folder, part), ".rs") : []));
  if (files.some((path) => path.endsWith(`/${modules.join("/")}.rs`))) return true;
  const file = `${modules.at(-2)}.rs`;
  return files.some((path) => path.endsWith(`/${file}`) && new RegExp(`fn ${last}\\(`).test(read(path)));
}

test("the page has its cases, each with a test or a reason", () => {
  const found = rows();
  assert.ok(found.length > 50, `${found.length} rows`);
  const { scripts } = JSON.parse(read(join(console_, "package.json")));
  const known = consoleTests();
  for (const row of found) {
    assert.equal(row.length, 4, row.join(" | "));
    for (const cell of row) assert.notEqual(cell.trim(), "", row.join(" | "));
    const tests = row[3];
    if (tests.startsWith("none: ")) continue;
    const named = [...tests.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    assert.ok(named.length > 0, row[0]);
    for (const name of named) {
      const script = /^npm run (\w+)$/.exec(name)?.[1];
      const exists = script ? script in scripts : name.includes(": ") ? known.has(name) : isRustTest(name);
      assert.ok(exists, `${row[0]}: there is no test ${name}`);
    }
  }
});

test("each browser case stands in the page or measures something", () => {
  const page = read(PAGE);
  const missing = [...consoleTests()].filter((name) => existsSync(join(console_, "browser/cases", `${name.split(":")[0]}.mjs`)) && !name.startsWith("speed:") && !page.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});
