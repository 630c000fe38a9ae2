// From the sources of a policy to its component.

import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { componentize } from "componentize-qjs";

import { names } from "../src/tables.js";
import { INTERFACES } from "../src/runner.js";
import { bundle } from "./bundle.js";
import { decisionsOf } from "./decisions.js";
import { BuildProblem } from "./problem.js";
import { deterministicRuntime } from "./runtime.js";
import { checkSettingsType } from "./settings_type.js";
import { writeWorld } from "./world.js";

/** Main modules of a policy, of which it has one. */
const MODULES = ["src/policy.ts", "src/policy.js"];

/** Name of the bundle in stack traces of the sandbox. */
const MODULE = "componentize-qjs:user.js";

/** What a policy may import of the host, and the word with which its sources name it. */
const OPTIONAL = { agents: "agents", data: "data", interactions: "history", knowledge: "knowledge", state: "state" };
const ALWAYS = ["clock", "log", "random", "settings"];

/**
 * Builds the policy of a directory into a component.
 *
 * @param {string} directory
 * @param {string} output
 */
export async function build(directory, output) {
  const policy = await mainModule(directory);
  await checkSettingsType(directory);
  const alone = await bundle({
    directory,
    policy,
    entry: 'import policy from "patchbay:policy";\nexport { policy };\n',
    format: "iife",
  });
  const decisions = decisionsOf(alone);
  const imports = [...ALWAYS, ...optionalImports(alone.code)].sort();
  const exports = ["lifecycle", ...decisions.map((name) => INTERFACES[name])].sort();
  const { code, map } = await bundle({ directory, policy, entry: entry(imports, exports), format: "esm" });
  const source = `${code}\n;globalThis.__patchbaySourceMap(${JSON.stringify({ file: MODULE, ...map })});\n`;
  const wit = await mkdtemp(join(tmpdir(), "patchbay-wit-"));
  try {
    const world = await writeWorld(wit, imports, exports);
    const { component } = await componentize({
      witPath: wit,
      world,
      jsSource: source,
      runtimeBytes: await deterministicRuntime(),
    });
    await write(output, component);
  } catch (error) {
    throw error instanceof BuildProblem ? error : new BuildProblem(error instanceof Error ? error.message : String(error));
  } finally {
    await rm(wit, { recursive: true, force: true });
  }
}

/** @param {string} directory */
async function mainModule(directory) {
  for (const name of MODULES) {
    const file = join(directory, name);
    if (await access(file).then(() => true, () => false)) return file;
  }
  throw new BuildProblem(`${directory} has neither ${MODULES.join(" nor ")}; a policy is the default export of that module`);
}

/**
 * The interfaces of the host that the sources name. Reads words, not meaning: an interface too many
 * costs nothing, since only its use needs a grant.
 *
 * @param {string} code
 */
function optionalImports(code) {
  return Object.entries(OPTIONAL)
    .filter(([, word]) => new RegExp(`\\b${word}\\b`).test(code))
    .map(([name]) => name);
}

/**
 * The module that connects the policy with the host.
 *
 * @param {string[]} imports
 * @param {string[]} exports
 */
function entry(imports, exports) {
  const lines = [
    'import { exportsOf } from "patchbay:sdk/component";',
    ...imports.map((name) => `import ${name} from "${names[name]}";`),
    'import policy from "patchbay:policy";',
    `const all = exportsOf(policy, { ${imports.join(", ")} });`,
    ...exports.map((name) => `export const ${name} = all.${name};`),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * @param {string} output
 * @param {Uint8Array} component
 */
async function write(output, component) {
  await mkdir(dirname(output), { recursive: true });
  const temporary = `${output}.${process.pid}`;
  await writeFile(temporary, component);
  await rename(temporary, output);
}
