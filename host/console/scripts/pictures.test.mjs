// The book shows every screen, and every screen's picture is in the book.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { listScreens, LOOKS } from "../browser/screen_list.mjs";

const console_ = fileURLToPath(new URL("..", import.meta.url));
const docs = join(console_, "../../docs");
const PICTURES = "images/console";
/** All pictures together, in bytes: the book and every clone of the repository carry them. */
const MOST_BYTES = 2_900_000;

const screens = listScreens({ company: "c", agent: "a", conversation: "1", contact: "1", decision: 1, other: 2 });
const named = screens.flatMap(({ name }) => LOOKS.map((look) => `${name}-${look.name}.webp`)).toSorted();
const there = readdirSync(join(docs, PICTURES)).toSorted();

test("each screen has a picture in each look, and no picture is of a screen that is gone", () => {
  assert.deepEqual(there, named);
});

test("the book refers to each picture once", () => {
  const page = readFileSync(join(docs, "console-screens.md"), "utf8");
  const shown = [...page.matchAll(/!\[[^\]]+\]\(images\/console\/([\w-]+\.webp)\)/g)].map(([, name]) => name);
  assert.deepEqual(shown.toSorted(), named);
  assert.match(readFileSync(join(docs, "SUMMARY.md"), "utf8"), /\(console-screens\.md\)/);
});

test("the pictures are small", () => {
  const bytes = there.reduce((sum, name) => sum + statSync(join(docs, PICTURES, name)).size, 0);
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`);
});

test("each route of the console is a screen of the list", () => {
  const areas = readdirSync(join(console_, "src/screens"));
  const patterns = areas.flatMap((area) => [...readFileSync(join(console_, "src/screens", area, "routes.ts"), "utf8").matchAll(/pattern: "([^"]+)"/g)].map(([, pattern]) => pattern));
  assert.ok(patterns.length > 20, `${patterns.length} routes`);
  const paths = screens.map(({ path }) => path.replace(/\?.*/, ""));
  const missing = patterns.filter((pattern) => !paths.some((path) => new RegExp(`^${pattern.replace(/:\w+/g, "[^/]+")}$`).test(path)));
  assert.deepEqual(missing, []);
});
