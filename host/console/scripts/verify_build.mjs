// Builds the console and compares it with what is committed in dist/: fails where they differ.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const built = mkdtempSync(join(tmpdir(), "console-"));
const vite = join(root, "node_modules/vite/bin/vite.js");
const { status } = spawnSync(process.execPath, [vite, "build", "--outDir", built, "--emptyOutDir"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
if (status !== 0) process.exit(status ?? 1);

const list = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
const committed = join(root, "dist");
const names = new Set([...list(built), ...list(committed)]);
const read = (folder, name) => {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
};
const differing = [...names].filter((name) => {
  const [a, b] = [read(built, name), read(committed, name)];
  return !a || !b || !a.equals(b);
});
rmSync(built, { recursive: true });
for (const name of differing.slice(0, 10)) console.error(`dist/${name} is not what the source builds`);
if (differing.length > 10) console.error(`and ${differing.length - 10} more files`);
console.log(differing.length === 0 ? "dist/ is what the source builds" : "run `npm run build` and commit dist/");
process.exit(differing.length === 0 ? 0 : 1);
