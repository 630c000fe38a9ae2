// A host in memory, for unit tests without WebAssembly.

import { setHost } from "./host.js";
import { INTERFACES, Runner } from "./runner.js";
import { decodeUtf8 } from "./text.js";
import { problemsOf } from "./testing/validate.js";
import { NOON, World } from "./testing/world.js";

export { NOON } from "./testing/world.js";
export { agent, article, assessment, attachment, contact, conversation, draft, interaction, queue, trigger } from "./testing/handles.js";

/**
 * A policy with settings, on a host in memory. Throws the `Problems` that its `prepare` throws.
 *
 * @param {any} policy
 * @param {any} [options]
 */
export function testPolicy(policy, options = {}) {
  return new TestedPolicy(policy, options);
}

class TestedPolicy {
  /**
   * @param {any} policy
   * @param {any} options
   */
  constructor(policy, options) {
    this.world = new World({ now: NOON, ...options });
    this.runner = new Runner(policy);
    this.world.settings = options.settings ?? {};
    this.run(() => this.runner.prepare(structuredClone(this.world.settings)));
  }

  /** Lines that decisions wrote: `info: 3 words matched`. */
  get log() {
    return this.world.lines;
  }

  /** @param {number | Date | string} time Of the next decisions. */
  setNow(time) {
    this.world.setNow(time);
  }

  /**
   * Stored state of a scope, decoded, by key.
   *
   * @param {string} scope
   * @returns {Record<string, unknown>}
   */
  stored(scope) {
    const entries = [...this.world.values].filter(([key]) => key.startsWith(`${scope} `));
    return Object.fromEntries(
      entries.map(([key, { bytes }]) => [key.slice(scope.length + 1), JSON.parse(decodeUtf8(bytes))]),
    );
  }

  /** @param {any} input */
  classify(input) {
    return this.decide("classify", input);
  }

  /** @param {any} input */
  route(input) {
    return this.decide("route", input);
  }

  /** @param {any} input */
  check(input) {
    return this.decide("check", input);
  }

  /** @param {any} input */
  escalate(input) {
    return this.decide("escalate", input);
  }

  /**
   * @param {keyof typeof INTERFACES} decision
   * @param {any} input
   */
  decide(decision, input) {
    if (!this.runner.decisions[decision]) throw new TypeError(`the policy has no ${decision}`);
    const answer = this.run(() => this.runner.decide(decision, input.host));
    if (answer === null) return undefined;
    const problems = problemsOf(decision, answer, input.host, this.world);
    if (problems.length > 0) {
      throw new Error(`the host rejects this answer (bad-output): ${problems.join("; ")}`);
    }
    return withoutNulls(answer);
  }

  /**
   * @template Value
   * @param {() => Value} run
   * @returns {Value}
   */
  run(run) {
    const before = setHost(this.world.interfaces());
    const { now } = Date;
    const { random } = Math;
    // As in the sandbox: time and random numbers are those of the decision.
    Date.now = () => this.world.now;
    Math.random = () => this.world.random();
    try {
      return run();
    } finally {
      Date.now = now;
      Math.random = random;
      setHost(before);
    }
  }
}

/**
 * @param {any} value
 * @returns {any}
 */
function withoutNulls(value) {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== null);
  return Object.fromEntries(entries.map(([name, one]) => [name, withoutNulls(one)]));
}

