/** The functions that a policy may have, and the export of the contract that each is. */
export const DECISIONS = /** @type {const} */ (["classify", "route", "check", "escalate"]);

const NAMES = new Set([...DECISIONS, "prepare"]);

/**
 * Declares a policy: the default export of its module. Only the decisions that it has become
 * exports of the component.
 *
 * @template {object} Decisions
 * @param {Decisions} decisions
 * @returns {{ readonly decisions: Decisions }}
 */
export function policy(decisions) {
  for (const [name, value] of Object.entries(decisions)) {
    if (!NAMES.has(name)) {
      throw new TypeError(`a policy has no ${name}; it may have ${[...NAMES].join(", ")}`);
    }
    if (typeof value !== "function") {
      throw new TypeError(`${name} of a policy must be a function`);
    }
  }
  if (!DECISIONS.some((name) => name in decisions)) {
    throw new TypeError(`a policy needs one of ${DECISIONS.join(", ")}`);
  }
  return Object.freeze({ decisions: Object.freeze({ ...decisions }) });
}

/**
 * Problems with the settings, for `prepare` to throw: each rejects the activation and names where
 * in the settings it is.
 */
export class Problems extends Error {
  /** @param {...{ path: string, message: string }} problems */
  constructor(...problems) {
    super("the settings are not valid");
    this.name = "Problems";
    /** @type {{ path: string, message: string }[]} */
    this.problems = problems;
  }

  /**
   * Adds a problem.
   *
   * @param {string} path JSON Pointer into the settings, such as `/sites/0/zone`; empty: as a whole.
   * @param {string} message What is wrong and what would be right.
   * @returns {this}
   */
  add(path, message) {
    this.problems.push({ path, message });
    return this;
  }

  /** Throws this if it holds a problem. */
  throwIfAny() {
    if (this.problems.length > 0) throw this;
  }
}
