import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SourceMapGenerator } from "source-map-js";
import { afterEach, beforeEach, expect, test } from "vitest";

import { build } from "../build/build.js";
import { placesOf } from "../build/places.js";
import { typeOfSchema } from "../build/settings_type.js";
import { framesOf, locate } from "../src/source_map.js";

/** @type {string} */
let directory;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "patchbay-sdk-"));
  await mkdir(join(directory, "src"));
});

afterEach(() => rm(directory, { recursive: true }));

/** @param {string} source */
async function problem(source) {
  await writeFile(join(directory, "src/policy.js"), source);
  const sdk = new URL("../src/index.js", import.meta.url).pathname;
  await writeFile(join(directory, "src/policy.js"), source.replace("@patchbay/sdk", sdk));
  return build(directory, join(directory, "out.wasm")).then(
    () => "none",
    (error) => error.message,
  );
}

test("a directory without a main module is refused", async () => {
  await expect(build(directory, "out.wasm")).rejects.toThrow("has neither src/policy.ts nor src/policy.js");
});

test("a module without a policy is refused", async () => {
  expect(await problem("export default 3;")).toContain("the main module has no policy as its default export");
});

test("an error while the modules load is shown with its place in the sources", async () => {
  const source = 'import { policy } from "@patchbay/sdk";\nconst x = undefined;\nx.y();\nexport default policy({ classify: () => null });';
  const message = await problem(source);
  expect(message).toContain("TypeError: Cannot read properties of undefined (reading 'y') (src/policy.js:3:");
});

test("what the sandbox does not have is refused when it is imported", async () => {
  expect(await problem('import "node:fs"; export default 3;')).toBe("the sources do not compile");
  expect(await problem("fetch('https://example.org'); export default 3;")).toContain("fetch is not defined");
});

test("a place in the bundle is found in the sources", () => {
  const generator = new SourceMapGenerator({ file: "policy.js" });
  const add = (/** @type {number} */ column, /** @type {string} */ source, /** @type {number} */ line) =>
    generator.addMapping({ generated: { line: 1, column }, original: { line, column: 2 }, source });
  add(0, "sdk.js", 1);
  add(100, "src/policy.ts", 40);
  add(120, "src/policy.ts", 7);
  add(150, "sdk.js", 9);
  const { sources, mappings } = JSON.parse(generator.toString());
  const map = { file: "policy.js", ...placesOf({ sources, mappings }, (source) => source !== "sdk.js") };
  expect(locate(map, 1, 50)).toBeUndefined();
  expect(locate(map, 1, 101)).toBe("src/policy.ts:40:3");
  expect(locate(map, 1, 130)).toBe("src/policy.ts:7:3");
  expect(locate(map, 1, 151)).toBeUndefined();
  expect(locate(map, 2, 1)).toBeUndefined();
  const stack = "    at pick (policy.js:1:105)\n    at policy.js:1:125\n    at run (other.js:1:105)\n";
  expect(framesOf(stack, map)).toEqual([
    { name: "pick", place: "src/policy.ts:40:3" },
    { name: "", place: "src/policy.ts:7:3" },
  ]);
});

test("the type of settings follows their schema", () => {
  const schema = {
    description: "What a company can change.",
    additionalProperties: false,
    required: ["mode"],
    properties: {
      mode: { enum: ["a", "b"] },
      words: { type: "object", additionalProperties: { type: "string" }, default: {}, description: "Words." },
      "first-site": { $ref: "#/$defs/site" },
      days: { type: "array", items: { type: ["string", "null"] } },
    },
    $defs: { site: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] } },
  };
  expect(typeOfSchema(schema)).toContain(`
/** What a company can change. */
export interface Settings {
  mode: "a" | "b";
  /** Words. */
  words: Record<string, string>;
  "first-site"?: Site;
  days?: Array<string | null>;
}

export interface Site {
  zone: string;
}
`);
});
