// Fails where the source or the build contains what the console must not: HTML from
// strings, evaluated code, inline styles, addresses of other hosts, browser stores for
// secrets.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const RULES = [
  [/\{@html/, "renders HTML from a string"],
  [/\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write/, "writes HTML from a string"],
  [/\beval\(|new Function\(/, "evaluates code"],
  [/\sstyle="/, "has a style attribute: use a class, or style:name={…}"],
  [/target="_blank"(?![^>]*rel=)/, "opens a window without rel"],
  [/sessionStorage/, "stores in the session's store"],
];
/** Rules of styles only: a property of an object may be called `left`. */
const STYLE_RULES = [
  [/(margin|padding|border)-(left|right)|(?<![-\w])(left|right)\s*:|text-align:\s*(left|right)/, "names a side: use logical properties"],
];
const files = (folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(svelte|ts|css|html)$/.test(name) && !/(\.test\.ts|schema\.ts)$/.test(name))
    .map((name) => join(folder, name));
let found = 0;
for (const file of [...files("src"), "index.html"]) {
  let isStyle = file.endsWith(".css");
  readFileSync(join(root, file), "utf8").split("\n").forEach((line, number) => {
    if (/^<style/.test(line)) isStyle = true;
    if (/^\s*(\/\/|\*|\/\*|<!--)/.test(line)) return;
    for (const [pattern, problem] of isStyle ? [...RULES, ...STYLE_RULES] : RULES) {
      if (!pattern.test(line)) continue;
      found += 1;
      console.error(`${file}:${number + 1}: ${problem}`);
    }
  });
}
console.log(found === 0 ? "the source keeps the rules" : `${found} problems`);
process.exit(found === 0 ? 0 : 1);
