// Compiles the tests of `src/` to `.test-build/` and runs them, and those beside this file, with
// Node's own runner.
import { spawnSync } from "node:child_process";
import { rmSync, readdirSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, ".test-build");
const run = (command, args) => {
  const { status } = spawnSync(process.execPath, [command, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};
rmSync(target, { recursive: true, force: true });
mkdirSync(target);
run(join(root, "node_modules/typescript/bin/tsc"), ["-p", "tsconfig.test.json"]);
writeFileSync(join(target, "package.json"), '{"type":"module"}\n');
const scripts = join(root, "scripts");
const tests = [
  ...readdirSync(target, { recursive: true }).filter((name) => name.endsWith(".test.js")).map((name) => join(target, name)),
  ...readdirSync(scripts).filter((name) => name.endsWith(".test.mjs")).map((name) => join(scripts, name)),
];
const { status } = spawnSync(process.execPath, ["--test", ...tests, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
