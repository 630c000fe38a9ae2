// Bundles the sources of a policy into one module.

import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

import { placesOf } from "./places.js";
import { BuildProblem } from "./problem.js";

/** Root of this package. */
const SDK = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Name of the bundle in stack traces. */
export const BUNDLE = "policy.js";

/**
 * Bundles a module that imports the policy as `patchbay:policy`.
 *
 * @param {object} options
 * @param {string} options.directory Of the policy.
 * @param {string} options.policy Its main module.
 * @param {string} options.entry Text of the module.
 * @param {"esm" | "iife"} options.format
 * @returns {Promise<{ code: string, map: { sources: string[], places: number[] } }>}
 */
export async function bundle({ directory, policy, entry, format }) {
  let result;
  try {
    result = await esbuild.build({
      absWorkingDir: directory,
      stdin: { contents: entry, resolveDir: directory, sourcefile: "patchbay-entry.js", loader: "js" },
      bundle: true,
      write: false,
      outfile: join(directory, BUNDLE),
      format,
      globalName: format === "iife" ? "entry" : undefined,
      target: "es2023",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import", "default"],
      external: ["patchbay:care/*"],
      sourcemap: "external",
      sourcesContent: false,
      charset: "utf8",
      legalComments: "none",
      treeShaking: true,
      // Comments with the path of each source go; names stay, for stack traces.
      minifyWhitespace: true,
      logLevel: "warning",
      logOverride: { "direct-eval": "error" },
      plugins: [aliases(policy)],
    });
  } catch (error) {
    // esbuild has printed them, with their places.
    if (error instanceof Error && "errors" in error) throw new BuildProblem("the sources do not compile");
    throw error;
  }
  const file = (/** @type {string} */ ending) =>
    /** @type {esbuild.OutputFile} */ (result.outputFiles.find((one) => one.path.endsWith(ending))).text;
  const map = JSON.parse(file(".map"));
  const sources = map.sources.map((/** @type {string} */ source) => place(directory, source));
  const isOwn = (/** @type {string} */ source) => !source.startsWith("@patchbay/sdk/") && !source.startsWith("patchbay-entry");
  return { code: file(".js"), map: placesOf({ sources, mappings: map.mappings }, isOwn) };
}

/**
 * The policy and this package, wherever they are.
 *
 * @param {string} policy
 * @returns {esbuild.Plugin}
 */
function aliases(policy) {
  return {
    name: "patchbay",
    setup(build) {
      build.onResolve({ filter: /^patchbay:policy$/ }, () => ({ path: policy }));
      build.onResolve({ filter: /^patchbay:sdk\/component$/ }, () => ({ path: join(SDK, "src/component.js") }));
      build.onResolve({ filter: /^node:/ }, ({ path }) => ({
        errors: [{ text: `${path} is not there in the sandbox, which has no files, network or processes` }],
      }));
    },
  };
}

/**
 * A source as it is named in messages: a package by its name, other files below the policy.
 *
 * @param {string} directory
 * @param {string} source Relative to the bundle.
 */
function place(directory, source) {
  const parts = source.split("node_modules/");
  if (parts.length > 1) return /** @type {string} */ (parts.at(-1));
  const inSdk = relative(SDK, join(directory, source));
  if (!inSdk.startsWith("..")) return `@patchbay/sdk/${inSdk.split(sep).join("/")}`;
  return source;
}
