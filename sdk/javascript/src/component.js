// The sandbox's side of a policy. The build imports this module before the policy's own, so that
// what it replaces is replaced when those are evaluated.

import { log, random } from "./context.js";
import { describeError } from "./failure.js";
import { host, setHost } from "./host.js";
import { INTERFACES, Runner, problemsOf } from "./runner.js";

/** @type {import("./source_map.js").SourceMap | undefined} */
let map;

/** Whether the modules of the policy are being evaluated, which the build does once. */
let isLoading = true;

replaceTime();
Math.random = () => {
  refuseWhileLoading("Math.random()");
  return random();
};
/** @type {any} */ (globalThis).console = {
  log: log.info,
  info: log.info,
  debug: log.debug,
  trace: log.debug,
  warn: log.warn,
  error: log.error,
};

/** Time is that of the decision, so that a replay gets the same. */
function replaceTime() {
  const Original = Date;
  const now = () => {
    refuseWhileLoading("the time");
    return host().clock.now();
  };
  const Replaced = /** @type {any} */ (
    function (/** @type {any[]} */ ...given) {
      if (new.target === undefined) return new Original(now()).toString();
      const made = given.length === 0 ? new Original(now()) : new Original(.../** @type {[any]} */ (given));
      return Object.setPrototypeOf(made, new.target.prototype);
    }
  );
  Object.defineProperty(Replaced, "name", { value: "Date" });
  Replaced.prototype = Original.prototype;
  Original.prototype.constructor = Replaced;
  Replaced.now = now;
  Replaced.parse = Original.parse;
  Replaced.UTC = Original.UTC;
  globalThis.Date = Replaced;
}

/** @param {string} what */
function refuseWhileLoading(what) {
  if (!isLoading) return;
  throw new Error(`${what} is not there while a module is loaded, which is once, at the build; use it in prepare or in a decision`);
}

/**
 * The exports of the component.
 *
 * @param {{ decisions: Record<string, Function> }} policy
 * @param {Record<string, any>} interfaces Those of the host that the component imports.
 * @returns {Record<string, any>}
 */
export function exportsOf(policy, interfaces) {
  setHost(interfaces);
  isLoading = false;
  const runner = new Runner(policy);
  /** @type {Record<string, any>} */
  const all = {
    lifecycle: {
      /** @param {string} settings */
      prepare(settings) {
        try {
          runner.prepare(JSON.parse(settings));
        } catch (error) {
          throw problemsOf(error, fail);
        }
        // What evaluation and preparation left behind goes before the host takes its snapshot.
        /** @type {any} */ (globalThis).__cqjs?.runGc?.();
      },
    },
  };
  for (const [decision, name] of Object.entries(INTERFACES)) {
    if (!(decision in policy.decisions)) continue;
    all[name] = {
      /** @param {any} input */
      [decision](input) {
        try {
          return runner.decide(/** @type {any} */ (decision), input);
        } catch (error) {
          throw fail(error);
        }
      },
    };
  }
  return all;
}

/**
 * The message of an error; its stack goes to the log of the decision.
 *
 * @param {unknown} error
 */
function fail(error) {
  const { message, stack } = describeError(error, map);
  if (stack.length > 1) log.error([message, ...stack].join("\n"));
  return message;
}

/**
 * Sets the map from the bundle to the sources.
 *
 * @param {import("./source_map.js").SourceMap} given
 */
/** @type {any} */ (globalThis).__patchbaySourceMap = (/** @type {any} */ given) => {
  map = given;
};
