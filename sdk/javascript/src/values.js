// Values between JavaScript and the contract: what the host gives is lifted (an absent value becomes
// `undefined`, a handle an object with properties), what a policy gives is checked and lowered. A
// value that does not fit would crash the policy without a word; here it is an error that names the
// field.

import { enums, records, resources } from "./tables.js";

/** @typedef {any} Shape A type, as the tables of tables.js have it. */

/** Longest time a `u64` of the contract can hold here: whole numbers are exact up to it. */
const MOST = Number.MAX_SAFE_INTEGER;

/** @type {Record<string, [number, number]>} */
const RANGES = {
  u8: [0, 255],
  // The runtime passes 31 bits.
  u32: [0, 0x7fffffff],
  u64: [0, MOST],
  s64: [-MOST, MOST],
};

/**
 * The class of each resource. All are made when this module is loaded: what a component has made
 * before the host takes its snapshot costs a decision nothing.
 *
 * @type {Record<string, { new (host: any): any }>}
 */
export const classes = {};

/** @type {Map<string, (value: any) => any>} */
const recordLifters = new Map();

/**
 * How values of a type are lifted; `undefined` where they stay as they are.
 *
 * @param {Shape} shape
 * @returns {((value: any) => any) | undefined}
 */
export function lifter(shape) {
  if (shape === null || typeof shape === "string" || shape.enum) return undefined;
  if (shape.option) {
    const inner = lifter(shape.option);
    return (value) => (value === null || value === undefined ? undefined : inner ? inner(value) : value);
  }
  if (shape.list) {
    const inner = lifter(shape.list);
    return inner && ((values) => values.map(inner));
  }
  if (shape.record) return recordLifter(shape.record);
  if (shape.resource) {
    const key = shape.resource;
    return (handle) => new classes[key](handle);
  }
  throw new TypeError(`cannot lift ${JSON.stringify(shape)}`);
}

/** @param {string} key */
function recordLifter(key) {
  const known = recordLifters.get(key);
  if (known) return known;
  /** @type {[string, (value: any) => any][]} */
  const changed = [];
  for (const [name, shape] of Object.entries(records[key])) {
    const inner = lifter(shape);
    if (inner) changed.push([name, inner]);
  }
  if (changed.length === 0) return undefined;
  const lift = (/** @type {any} */ value) => {
    for (const [name, inner] of changed) value[name] = inner(value[name]);
    return value;
  };
  recordLifters.set(key, lift);
  return lift;
}

/**
 * The class of a resource. A property is read from the host when it is first used, and kept.
 *
 * The method `read` of the contract, which returns many at once, is not used: in QuickJS to make
 * that record costs as much as six properties, and in a fresh instance as much as thirteen.
 *
 * @param {string} key
 * @returns {{ new (host: any): any }}
 */
function makeClass(key) {
  const Handle = class {
    /** @param {any} host */
    constructor(host) {
      this.host = host;
      /** @type {Record<string, any>} */
      this.known = {};
    }

    /** What was read, for messages and `JSON.stringify`. */
    toJSON() {
      return this.known;
    }
  };
  const { read, ...methods } = resources[key];
  for (const [name, [parameters, result]] of Object.entries(methods)) {
    const descriptor = parameters.length === 0 ? property(name, result) : method(name, parameters, result);
    Object.defineProperty(Handle.prototype, name, { configurable: true, ...descriptor });
  }
  return Handle;
}

/**
 * @param {string} name
 * @param {Shape} result
 * @returns {PropertyDescriptor & ThisType<any>}
 */
function property(name, result) {
  const lift = lifter(result);
  return {
    get() {
      const { known } = this;
      if (name in known) return known[name];
      const found = this.host[name]();
      return (known[name] = lift ? lift(found) : found);
    },
  };
}

/**
 * @param {string} name
 * @param {Shape[]} parameters
 * @param {Shape} result
 * @returns {PropertyDescriptor & ThisType<any>}
 */
function method(name, parameters, result) {
  const lift = lifter(result);
  const lowerGiven = parameterLowerer(name, parameters);
  return {
    /** @param {any[]} given */
    value(...given) {
      const found = this.host[name](...lowerGiven(given));
      return lift ? lift(found) : found;
    },
  };
}

/**
 * Checks a value that a policy gives, and makes of it what the runtime takes.
 *
 * @param {Shape} shape
 * @param {any} value
 * @param {string} place What it is, for the message of an error.
 * @returns {any}
 */
export function lower(shape, value, place) {
  return lowerer(shape)(value, place);
}

/**
 * The function that lowers values of a type.
 *
 * @param {Shape} shape
 * @returns {(value: any, place: string) => any}
 */
export function lowerer(shape) {
  const quick = quickLowerer(shape);
  return (value, place) => {
    try {
      return quick(value);
    } catch (error) {
      if (error !== MISFIT) throw error;
      // Again, with the names of all fields on the way.
      return explain(shape, value, place);
    }
  };
}

/**
 * The function that lowers the parameters of a call of the host.
 *
 * @param {string} name Of the function, for messages.
 * @param {Shape[]} parameters
 * @returns {(given: any[]) => any[]}
 */
export function parameterLowerer(name, parameters) {
  const lowerers = parameters.map(lowerer);
  return (given) => lowerers.map((lower, index) => lower(given[index], `parameter ${index + 1} of ${name}`));
}

/** Thrown where a value does not fit. It says nothing: `explain` finds the field. */
const MISFIT = Symbol("a value that does not fit");

/** An absent list. @type {readonly any[]} */
const NONE = Object.freeze([]);

/**
 * @param {Shape} shape
 * @returns {(value: any) => any}
 */
function quickLowerer(shape) {
  if (typeof shape === "string") {
    return (value) => {
      const lowered = plain(shape, value);
      if (lowered === undefined) throw MISFIT;
      return lowered;
    };
  }
  if (shape.option) {
    const inner = quickLowerer(shape.option);
    return (value) => (value === undefined || value === null ? null : inner(value));
  }
  if (shape.list) {
    const inner = quickLowerer(shape.list);
    return (value) => {
      if (value === undefined || value === null) return /** @type {any} */ (NONE);
      if (!Array.isArray(value)) throw MISFIT;
      return value.map(inner);
    };
  }
  if (shape.record) return recordLowerer(shape.record);
  if (shape.enum) {
    const cases = enums[shape.enum];
    return (value) => {
      if (!cases.includes(value)) throw MISFIT;
      return value;
    };
  }
  throw new TypeError(`cannot lower ${JSON.stringify(shape)}`);
}

/**
 * Of a record, an absent option stays absent: the runtime reads `undefined` as none.
 *
 * @param {string} key
 * @returns {(value: any) => any}
 */
function recordLowerer(key) {
  const fields = Object.entries(records[key]);
  /** @type {Record<string, (value: any) => any>} */
  const lowerers = Object.assign(Object.create(null), Object.fromEntries(fields.map(([name, shape]) => [name, quickLowerer(shape)])));
  const lists = fields.filter(([, shape]) => shape.list).map(([name]) => name);
  const required = fields.filter(([, shape]) => !shape.list && !shape.option).map(([name]) => name);
  return (value) => {
    if (typeof value !== "object" || value === null) throw MISFIT;
    /** @type {Record<string, any>} */
    const lowered = {};
    for (const name in value) {
      const lower = lowerers[name];
      if (lower === undefined) throw MISFIT;
      lowered[name] = lower(value[name]);
    }
    for (const name of lists) lowered[name] ??= NONE;
    for (const name of required) if (lowered[name] === undefined) throw MISFIT;
    return lowered;
  };
}

/**
 * Lowers a value, or throws an error that names the field that does not fit.
 *
 * @param {Shape} shape
 * @param {any} value
 * @param {string} place
 * @returns {any}
 */
function explain(shape, value, place) {
  if (typeof shape === "string") {
    const lowered = plain(shape, value);
    if (lowered === undefined) throw mismatch(place, WANTED[shape], value);
    return lowered;
  }
  if (shape.option) {
    return value === undefined || value === null ? null : explain(shape.option, value, place);
  }
  if (shape.list) {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw mismatch(place, "a list", value);
    return value.map((one, index) => explain(shape.list, one, `${place}[${index}]`));
  }
  if (shape.record) return explainRecord(records[shape.record], value, place);
  const cases = enums[shape.enum];
  if (cases.includes(value)) return value;
  throw mismatch(place, `one of ${cases.join(", ")}`, value);
}

/**
 * @param {Record<string, Shape>} fields
 * @param {any} value
 * @param {string} place
 */
function explainRecord(fields, value, place) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw mismatch(place, "an object", value);
  }
  if (typeof value.then === "function") {
    throw new TypeError(`${place} is a promise, but a decision is synchronous; remove async and await`);
  }
  for (const name in value) {
    if (!Object.hasOwn(fields, name)) {
      throw new TypeError(`${place} has no field ${name}; its fields are ${Object.keys(fields).join(", ")}`);
    }
  }
  /** @type {Record<string, any>} */
  const lowered = {};
  for (const name in fields) lowered[name] = explain(fields[name], value[name], `${place}.${name}`);
  return lowered;
}

/** What a value of each simple type must be. @type {Record<string, string>} */
const WANTED = {
  string: "a string",
  bool: "true or false",
  f64: "a number",
  bytes: "a Uint8Array",
  ...Object.fromEntries(Object.entries(RANGES).map(([name, [least, most]]) => [name, `a whole number from ${least} to ${most}`])),
};

/**
 * A value of a simple type as the runtime takes it; `undefined` where it does not fit.
 *
 * @param {string} shape
 * @param {any} value
 */
function plain(shape, value) {
  switch (shape) {
    case "string":
      if (typeof value !== "string") return undefined;
      // Half of a surrogate pair has no form in UTF-8.
      return value.isWellFormed() ? value : value.toWellFormed();
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "f64":
      return typeof value === "number" ? value : undefined;
    case "bytes":
      return value instanceof Uint8Array ? value : undefined;
    default: {
      const number = value instanceof Date ? value.getTime() : value;
      const [least, most] = RANGES[shape];
      return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
    }
  }
}

/**
 * @param {string} place
 * @param {string} wanted
 * @param {any} value
 */
function mismatch(place, wanted, value) {
  const found = value === undefined ? "nothing" : typeof value === "function" ? "a function" : shown(value);
  return new TypeError(`${place} must be ${wanted}, and is ${found}`);
}

/** @param {any} value */
function shown(value) {
  const text = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

for (const key of Object.keys(resources)) classes[key] = makeClass(key);

/**
 * An object with the fields of each record that the host gives, in its order. The runtime makes
 * such objects; while one is there, QuickJS need not make its names and shape again.
 */
export const samples = Object.values(records).map((fields) => {
  /** @type {Record<string, any>} */
  const sample = {};
  for (const name in fields) sample[name] = null;
  return sample;
});
