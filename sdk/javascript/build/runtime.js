// The JavaScript engine of components, changed so that a build has the same result every time.
//
// `componentize-qjs` takes a snapshot of the engine after it has evaluated the policy. The engine
// seeds `Math.random` and hash tables from the clock and random numbers of the machine, which the
// snapshot would contain. Here these three imports of the engine give zero instead. A component
// loses nothing: `Date` and `Math.random` of the SDK are those of the decision.
//
// Two more imports load modules while the policy is evaluated; a bundle has none to load. With them,
// the component would be composed of two, of which the host cannot take a snapshot after `prepare`.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { BuildProblem } from "./problem.js";

/** The engine without async in this version of componentize-qjs: its length and its digest. */
const BYTES = 1_497_902;
const DIGEST = "8d06af3db31cbc59d5d230a6c90ea28745ea7f38ef47eb0503d49dd214c5f315";

/** Functions of the host that are replaced, and by which body. */
const REPLACED = [
  { module: "wasi:random/insecure-seed@", name: "insecure-seed", returns: "by pointer" },
  { module: "wasi:clocks/wall-clock@", name: "now", returns: "by pointer" },
  { module: "wasi:clocks/monotonic-clock@", name: "now", returns: "directly" },
  { module: "local:init/module-loader", name: "resolve", returns: "never" },
  { module: "local:init/module-loader", name: "load", returns: "never" },
];

/** Bodies of functions: both results of a pointer are 16 bytes. */
const BODIES = {
  // (pointer) { i64.store 0 pointer 0; i64.store 8 pointer 0 }
  "by pointer": [0, 0x20, 0, 0x42, 0, 0x37, 3, 0, 0x20, 0, 0x42, 0, 0x37, 3, 8, 0x0b],
  // () { i64.const 0 }
  directly: [0, 0x42, 0, 0x0b],
  // () { unreachable }
  never: [0, 0, 0x0b],
};

/** @typedef {[number, Buffer<ArrayBufferLike>]} Section Its number and its content. */

/** Sections of a module (WebAssembly core specification, 5.5). */
const SECTION = { import: 2, function: 3, export: 7, code: 10 };

/** The engine for `runtimeBytes` of `componentize`. */
export async function deterministicRuntime() {
  return withoutSeeds(await findRuntime());
}

/** The engine in the native library of componentize-qjs. */
async function findRuntime() {
  const require = createRequire(import.meta.url);
  require("componentize-qjs");
  const library = Object.keys(require.cache).find((path) => path.endsWith(".node") && path.includes("componentize-qjs"));
  const bytes = library && (await readFile(library));
  const header = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  for (let at = bytes ? bytes.indexOf(header) : -1; bytes && at >= 0; at = bytes.indexOf(header, at + 1)) {
    const module = bytes.subarray(at, at + BYTES);
    if (createHash("sha256").update(module).digest("hex") === DIGEST) return module;
  }
  throw new BuildProblem("the npm package componentize-qjs is not the version that this SDK was made for; run `npm ci`");
}

/**
 * The module with its own functions in place of the imports of `REPLACED`. An import is not removed,
 * which would renumber every function: it names an export of the module itself, to which the linker
 * of components connects it.
 *
 * @param {Buffer} module
 * @returns {Buffer}
 */
function withoutSeeds(module) {
  /** @type {Section[]} */
  const sections = [];
  for (let at = 8; at < module.length; ) {
    const [length, begin] = readNumber(module, at + 1);
    sections.push([module[at], module.subarray(begin, begin + length)]);
    at = begin + length;
  }
  const section = (/** @type {number} */ id) => /** @type {Section} */ (sections.find((one) => one[0] === id));
  const { bytes, functions, replaced } = replaceImports(section(SECTION.import)[1]);
  section(SECTION.import)[1] = bytes;
  for (const { name, type, returns } of replaced) {
    const index = functions + append(section(SECTION.function), writeNumber(type));
    append(section(SECTION.export), [...writeName(name), 0, ...writeNumber(index)]);
    const body = BODIES[/** @type {keyof typeof BODIES} */ (returns)];
    append(section(SECTION.code), [...writeNumber(body.length), ...body]);
  }
  const parts = sections.map(([id, content]) => [Buffer.from([id, ...writeNumber(content.length)]), content]);
  return Buffer.concat([module.subarray(0, 8), ...parts.flat()]);
}

/**
 * @param {Buffer} section Of imports.
 * @returns {{ bytes: Buffer, functions: number, replaced: { name: string, type: number, returns: string }[] }}
 */
function replaceImports(section) {
  let [count, at] = readNumber(section, 0);
  let functions = 0;
  const replaced = [];
  /** @type {Buffer<ArrayBufferLike>[]} */
  const parts = [Buffer.from(writeNumber(count))];
  for (; count > 0; count -= 1) {
    const begin = at;
    let module, name;
    [module, at] = readName(section, at);
    [name, at] = readName(section, at);
    const kind = section[at];
    const end = skipImport(section, at);
    functions += kind === 0 ? 1 : 0;
    const other = REPLACED.find((one) => module.startsWith(one.module) && name === one.name);
    if (other) {
      const own = `patchbay:${module}/${name}`;
      const [type] = readNumber(section, at + 1);
      replaced.push({ name: own, type, returns: other.returns });
      parts.push(Buffer.from([...writeName("env"), ...writeName(own)]), section.subarray(at, end));
    } else {
      parts.push(section.subarray(begin, end));
    }
    at = end;
  }
  return { bytes: Buffer.concat(parts), functions, replaced };
}

/**
 * Where the description of an import ends: of a function, table, memory or global.
 *
 * @param {Buffer} section
 * @param {number} at
 */
function skipImport(section, at) {
  const kind = section[at];
  if (kind === 0) return readNumber(section, at + 1)[1];
  if (kind === 3) return at + 3;
  const flags = kind === 1 ? at + 2 : at + 1;
  const [, least] = readNumber(section, flags + 1);
  return section[flags] & 1 ? readNumber(section, least)[1] : least;
}

/**
 * Appends an item to a section, and returns its index.
 *
 * @param {Section} section
 * @param {number[]} item
 */
function append(section, item) {
  const [count, begin] = readNumber(section[1], 0);
  section[1] = Buffer.concat([Buffer.from(writeNumber(count + 1)), section[1].subarray(begin), Buffer.from(item)]);
  return count;
}

/**
 * An unsigned number in LEB128, and where it ends.
 *
 * @param {Buffer} bytes
 * @param {number} at
 * @returns {[number, number]}
 */
function readNumber(bytes, at) {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value >>> 0, at];
    shift += 7;
  }
}

/** @param {number} value */
function writeNumber(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/**
 * @param {Buffer} bytes
 * @param {number} at
 * @returns {[string, number]}
 */
function readName(bytes, at) {
  const [length, begin] = readNumber(bytes, at);
  return [bytes.toString("utf8", begin, begin + length), begin + length];
}

/** @param {string} name */
function writeName(name) {
  const bytes = Buffer.from(name);
  return [...writeNumber(bytes.length), ...bytes];
}
