// Which decisions a policy has.

import vm from "node:vm";

import { describeError } from "../src/failure.js";
import { DECISIONS } from "../src/policy.js";
import { BUNDLE } from "./bundle.js";
import { BuildProblem } from "./problem.js";

/** Longest time that the modules of a policy may take to load, in milliseconds. */
const LONGEST = 10_000;

/**
 * Evaluates the modules of a policy, as the component's build does, without anything of Node.js,
 * and reads the decisions of its default export.
 *
 * @param {{ code: string, map: { sources: string[], places: number[] } }} bundle In `iife` form.
 * @returns {(typeof DECISIONS[number])[]}
 */
export function decisionsOf({ code, map }) {
  let policy;
  try {
    const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
    policy = vm.runInContext(`${code}\n;entry.policy`, context, { filename: BUNDLE, timeout: LONGEST });
  } catch (error) {
    // An error of the other context is no `Error` of this one.
    const { name = "Error", message = String(error), stack = "" } = /** @type {any} */ (error) ?? {};
    const found = describeError(Object.assign(new Error(message), { name, stack }), { file: BUNDLE, ...map });
    throw new BuildProblem(["the modules of the policy cannot be loaded: " + found.message, ...found.stack].join("\n"));
  }
  const decisions = policy?.decisions;
  const names = DECISIONS.filter((name) => typeof decisions?.[name] === "function");
  if (names.length === 0) {
    throw new BuildProblem(
      `the main module has no policy as its default export; write \`export default policy({ … })\` with ${DECISIONS.join(", ")}`,
    );
  }
  return names;
}
