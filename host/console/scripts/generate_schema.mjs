// Writes `src/api/schema.ts` from `openapi.json`, the API that this console is built for; with
// `--check` it only compares. A test of the server writes and compares `openapi.json`
// (`PATCHBAY_UPDATE=1 cargo test -p patchbay-server the_console_is_built_for_this_api`).
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const api = JSON.parse(await readFile(join(root, "openapi.json"), "utf8"));
const types = astToString(await openapiTS(api, { alphabetize: true, emptyObjectsUnknown: true }));
const text = `// Generated from openapi.json by scripts/generate_schema.mjs: do not edit.\n${types}`;
const target = join(root, "src/api/schema.ts");
if (!process.argv.includes("--check")) await writeFile(target, text);
else if ((await readFile(target, "utf8")) !== text) {
  console.error("src/api/schema.ts is not of openapi.json: run `npm run schema`");
  process.exit(1);
}
