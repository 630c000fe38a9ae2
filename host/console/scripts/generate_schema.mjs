// Writes `src/api/schema.ts` from `openapi.json`, the API that this console is built for.
// `npm run schema -- http://127.0.0.1:7420` first fetches the document of a running host.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

// Every error is the same problem document: `src/api/problem.ts` has its type.
function withoutErrors(api) {
  for (const methods of Object.values(api.paths)) {
    for (const operation of Object.values(methods)) {
      const { responses } = operation;
      for (const status of Object.keys(responses ?? {})) {
        if (!status.startsWith("2")) delete responses[status];
      }
    }
  }
  return api;
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const document = join(root, "openapi.json");
const host = process.argv[2];
if (host) {
  const answer = await fetch(new URL("/openapi.json", host));
  if (!answer.ok) throw new Error(`${host} answered ${answer.status}`);
  const fetched = withoutErrors(await answer.json());
  await writeFile(document, `${JSON.stringify(fetched, null, 1)}\n`);
}
const api = JSON.parse(await readFile(document, "utf8"));
const types = astToString(await openapiTS(api, { alphabetize: true, emptyObjectsUnknown: true }));
const note = "// Generated from openapi.json by scripts/generate_schema.mjs: do not edit.\n";
await writeFile(join(root, "src/api/schema.ts"), note + types);
