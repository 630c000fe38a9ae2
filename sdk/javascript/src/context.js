// What a decision can use besides its input.

import { interfaces } from "./tables.js";
import { host } from "./host.js";
import { decodeUtf8, encodeUtf8 } from "./text.js";
import { lifter, parameterLowerer } from "./values.js";

/**
 * A function of the host, with its parameters lowered and its result lifted.
 *
 * @param {string} name Of the interface.
 * @param {string} method
 */
function call(name, method) {
  const [parameters, result] = interfaces[name][method];
  const lift = lifter(result);
  const lowerGiven = parameterLowerer(method, parameters);
  return (/** @type {any[]} */ ...given) => {
    const found = host()[name][method](...lowerGiven(given));
    return lift ? lift(found) : found;
  };
}

const now = call("clock", "now");

/** @param {string} method */
function atTime(method) {
  const ask = call("clock", method);
  return (/** @type {string} */ hours, /** @type {number | Date | undefined} */ at) => ask(hours, at ?? now());
}

const afterWorkingTime = call("clock", "afterWorkingTime");

const clock = Object.freeze({
  now,
  isOpen: atTime("isOpen"),
  opensAt: atTime("opensAt"),
  closesAt: atTime("closesAt"),
  afterWorkingTime: (/** @type {string} */ hours, /** @type {number} */ seconds, /** @type {number | Date | undefined} */ at) =>
    afterWorkingTime(hours, at ?? now(), seconds),
});

const write = call("log", "write");

/** @param {string} level */
const line =
  (level) =>
  (/** @type {any[]} */ ...parts) =>
    write(level, parts.map(text).join(" "));

/** @param {any} part */
function text(part) {
  if (typeof part === "string") return part;
  if (part instanceof Error) return String(part);
  try {
    return JSON.stringify(part) ?? String(part);
  } catch {
    return String(part);
  }
}

export const log = Object.freeze({
  debug: line("debug"),
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
});

const next = call("random", "next");

/** A number from 0 to 1, without 1. The record of the decision has the seed. */
export function random() {
  // 64 bits, which the runtime has rounded to the 53 of a number.
  return Math.min(next() / 2 ** 64, 1 - 2 ** -53);
}

const found = {
  find: call("agents", "find"),
  summaries: call("agents", "findSummaries"),
  count: call("agents", "count"),
};

/** @param {any} given */
const query = (given) => ({ present: false, limit: 64, ...given });

const agents = Object.freeze({
  find: (/** @type {any} */ given) => found.find(query(given)),
  summaries: (/** @type {any} */ given) => found.summaries(query(given)),
  count: (/** @type {any} */ given) => found.count(query(given)),
  get: call("agents", "get"),
  queue: call("agents", "getQueue"),
  queueIds: call("agents", "queueIds"),
});

const ofConversation = call("interactions", "ofConversation");
const ofContact = call("interactions", "ofContact");

const history = Object.freeze({
  ofConversation: (limit = 64) => ofConversation(limit),
  ofContact: (limit = 64) => ofContact(limit),
});

const contacts = Object.freeze({
  attribute: call("contacts", "attribute"),
  attributeNames: call("contacts", "attributeNames"),
});

const search = call("knowledge", "search");

const knowledge = Object.freeze({
  search: (/** @type {string} */ words, limit = 8) => search(words, limit),
  forIntent: call("knowledge", "forIntent"),
});

const stored = {
  get: call("state", "get"),
  counter: call("state", "counter"),
  set: call("state", "set"),
  add: call("state", "add"),
  max: call("state", "max"),
  addWindowed: call("state", "addWindowed"),
  remove: call("state", "remove"),
};

/** @param {string} scope */
function store(scope) {
  return {
    /** @param {string} key */
    get(key) {
      const bytes = stored.get(scope, key);
      return bytes === undefined ? undefined : JSON.parse(decodeUtf8(bytes));
    },
    /** @type {(key: string, value: unknown, options?: { expiresAfter?: number }) => void} */
    set(key, value, options = {}) {
      const json = JSON.stringify(value);
      if (json === undefined) throw new TypeError(`the value of ${key} has no form in JSON`);
      stored.set(scope, key, encodeUtf8(json), options.expiresAfter);
    },
    counter: (/** @type {string} */ key) => stored.counter(scope, key),
    add: (/** @type {string} */ key, amount = 1) => stored.add(scope, key, amount),
    max: (/** @type {string} */ key, /** @type {number} */ value) => stored.max(scope, key, value),
    addWindowed: (/** @type {string} */ key, /** @type {number} */ window, amount = 1) =>
      stored.addWindowed(scope, key, amount, window),
  };
}

const state = Object.freeze({
  conversation: Object.freeze({ ...store("conversation"), remove: stored.remove }),
  contact: Object.freeze(store("contact")),
  company: Object.freeze(store("company")),
});

const packed = {
  table: call("data", "table"),
  get: call("data", "get"),
  getMany: call("data", "getMany"),
  size: call("data", "size"),
  read: call("data", "read"),
};

/** Most keys of one call of `getMany`. */
const mostKeys = 64;

/**
 * @param {string} name
 * @param {string[]} keys
 */
function getMany(name, keys) {
  // What is not a list is refused by the call, which says what it takes.
  if (!Array.isArray(keys) || keys.length <= mostKeys) return packed.getMany(name, keys);
  const rows = [];
  for (let start = 0; start < keys.length; start += mostKeys) {
    rows.push(...packed.getMany(name, keys.slice(start, start + mostKeys)));
  }
  return rows;
}

const data = Object.freeze({
  /** @param {string} name */
  table(name) {
    const view = packed.table(name);
    if (view === undefined) return undefined;
    const row = (/** @type {string[] | null | undefined} */ values) =>
      values ? Object.fromEntries(view.columns.map((/** @type {string} */ column, /** @type {number} */ at) => [column, values[at]])) : undefined;
    return {
      key: view.key,
      columns: view.columns,
      rowCount: view.rowCount,
      get: (/** @type {string} */ key) => row(packed.get(name, key)),
      getMany: (/** @type {string[]} */ keys) => getMany(name, keys).map(row),
    };
  },
  size: packed.size,
  read: packed.read,
});

/**
 * The context of a policy's decisions.
 *
 * @param {any} settings
 * @param {any} prepared
 */
export function contextOf(settings, prepared) {
  return Object.freeze({ settings, prepared, clock, log, random, agents, contacts, data, history, knowledge, state });
}
