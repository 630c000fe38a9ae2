// What a policy reads, made of plain data.

import { records, resources } from "../tables.js";
import { NOON } from "./world.js";
import { classes } from "../values.js";

/** Results that depend on a parameter: of a resource, by method. @type {Record<string, Record<string, (data: any, ...given: any[]) => any>>} */
const COMPUTED = {
  "types.interaction": {
    attribute: ({ attributes = {} }, name) => textOf(attributes[name]),
    attributeNames: ({ attributes = {} }) => Object.keys(attributes).sort(),
  },
  "agents.agent": {
    proficiency: ({ skills = [] }, name) =>
      skills.find((/** @type {any} */ one) => one.name === name)?.proficiency ?? null,
  },
};

/** @param {any} value */
const textOf = (value) =>
  value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value);

/**
 * The host's side of a resource: a function for each method.
 *
 * @param {string} key
 * @param {any} data
 */
export function doubleOf(key, data) {
  const computed = COMPUTED[key] ?? {};
  const known = new Set([...Object.keys(resources[key]), "attributes"]);
  known.delete("read");
  const unknown = Object.keys(data).find((name) => !known.has(name));
  if (unknown) throw new TypeError(`${key} has no ${unknown}; it has ${[...known].join(", ")}`);
  const { read, ...own } = resources[key];
  const methods = Object.entries(own).map(([name, [, result]]) => {
    const compute = computed[name];
    if (compute) return [name, (/** @type {any[]} */ ...given) => compute(data, ...given)];
    return [name, () => given(result, data[name])];
  });
  const double = Object.fromEntries(methods);
  if (read) {
    const fields = Object.keys(records[read[1].record]).filter((name) => name in own);
    double.read = () => Object.fromEntries(fields.map((name) => [name, double[name]()]));
  }
  return double;
}

/**
 * A value as the host gives it.
 *
 * @param {any} shape
 * @param {any} value
 * @returns {any}
 */
function given(shape, value) {
  if (shape.option) return value === undefined || value === null ? null : given(shape.option, value);
  if (shape.list) return (value ?? []).map((/** @type {any} */ one) => given(shape.list, one));
  if (shape.resource) return value?.host ?? doubleOf(shape.resource, value ?? {});
  if (value !== undefined) return value instanceof Date ? value.getTime() : value;
  return shape === "string" ? "" : shape === "bool" ? false : 0;
}

/**
 * @param {string} key
 * @param {any} data
 */
export function example(key, data) {
  return new classes[key](doubleOf(key, data));
}

/** @param {any} [data] */
export const attachment = (data = {}) => example("types.attachment", { kind: "other", ...data });

/** @param {any} [data] */
export const contact = (data = {}) => example("types.contact", data);

/** @param {any} [data] */
export function interaction(data = {}) {
  const usual = { id: "example", channel: "chat", direction: "inbound", visibility: "private", receivedAt: NOON };
  return example("types.interaction", { ...usual, ...data });
}

/** @param {any} [data] */
export function assessment(data = {}) {
  const intents = [...(data.intents ?? [])].sort((a, b) => b.confidence - a.confidence);
  return example("types.assessment", { ...data, intents });
}

/** @param {any} [data] */
export function conversation(data = {}) {
  const latest = data.latest?.host ? data.latest : interaction(data.latest);
  const usual = {
    id: latest.id,
    channel: latest.channel,
    state: "queued",
    cause: "new",
    createdAt: latest.receivedAt,
    interactionCount: 1,
    contact: latest.author,
    unansweredSince: latest.receivedAt,
  };
  return example("types.conversation", { ...usual, ...data, latest });
}

/** @param {any} [data] */
export function draft(data = {}) {
  const usual = {
    id: "example",
    channel: "chat",
    visibility: "private",
    writtenBy: "human",
    length: [...(data.text ?? "")].length,
  };
  return example("types.draft", { ...usual, ...data });
}

/** @param {any} [data] */
export const trigger = (data = {}) => example("types.trigger", { at: NOON, ...data });

/** @param {any} [data] */
export function agent(data = {}) {
  return example("agents.agent", { presence: "available", capacity: 100, ...data });
}

/** @param {any} [data] */
export const queue = (data = {}) => example("agents.queue", { isOpen: true, ...data });

/** @param {any} [data] */
export const article = (data = {}) => example("knowledge.article", data);
