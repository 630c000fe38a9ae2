// Runs a policy: prepares it from its settings, and gives each decision its input and context.

import { interfaces } from "./tables.js";
import { contextOf } from "./context.js";
import { host } from "./host.js";
import { Problems } from "./policy.js";
import { lifter, lowerer } from "./values.js";

/** Interface of each decision's export. */
export const INTERFACES = /** @type {const} */ ({
  classify: "classification",
  route: "routing",
  check: "tone",
  escalate: "escalation",
});

/** @typedef {keyof typeof INTERFACES} Decision */

/** A policy with its settings. */
export class Runner {
  /** @param {{ decisions: Record<string, Function> }} policy */
  constructor(policy) {
    this.decisions = policy.decisions;
    /** @type {any} */
    this.context = undefined;
  }

  /**
   * Prepares the policy.
   *
   * @param {unknown} settings
   * @throws {Problems} Those that `prepare` found.
   */
  prepare(settings) {
    const { prepare } = this.decisions;
    // Another context than decisions have: without data of the company.
    const prepared = prepare?.(settings, contextOf(settings, undefined));
    if (typeof prepared?.then === "function") {
      throw new TypeError("prepare returns a promise, but a policy is synchronous; remove async and await");
    }
    this.context = contextOf(settings, prepared);
  }

  /**
   * Makes a decision.
   *
   * @param {Decision} decision
   * @param {any} input Handle of the host.
   * @returns {any} The answer as the contract has it; `null`: no opinion.
   */
  decide(decision, input) {
    // Without a snapshot, or where an instance decides without being prepared.
    if (this.context === undefined) this.prepare(JSON.parse(host().settings.get()));
    const { lift, lower, place } = SIGNATURES[decision];
    return lower(this.decisions[decision](lift(input), this.context), place);
  }
}

const SIGNATURES = Object.fromEntries(
  Object.entries(INTERFACES).map(([decision, name]) => {
    const [[input], result] = interfaces[name][decision];
    const lift = /** @type {(handle: any) => any} */ (lifter(input));
    return [decision, { lift, lower: lowerer(result.ok), place: `the answer of ${decision}` }];
  }),
);

/**
 * The problems with settings that an error stands for: those that `prepare` threw, or itself.
 *
 * @param {unknown} error
 * @param {(error: unknown) => string} describe
 * @returns {{ path: string, message: string }[]}
 */
export function problemsOf(error, describe) {
  if (error instanceof Problems && error.problems.length > 0) {
    return error.problems.map(({ path, message }) => ({ path: String(path), message: String(message) }));
  }
  return [{ path: "", message: describe(error) }];
}
