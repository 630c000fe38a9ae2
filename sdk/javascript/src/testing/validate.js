// Checks an answer as the host does: an answer it rejects has the outcome `bad-output`.

import { byteLength, decodeUtf8, encodeUtf8 } from "../text.js";

/** Most bytes of a reason or suggestion, of a message of a finding, of an identifier. */
const [PROSE, MESSAGE, ID] = [4096, 1024, 256];
const YEAR = 366 * 24 * 3600;
const CLOCKS = ["first-response", "next-response", "resolution"];
const ACTIONS = ["raise-priority", "re-route", "require-approval", "notify", "open-incident", "wake-up"];

/** Adds a problem at a field. @typedef {(path: string, problem: string) => void} Add */

/** @typedef {{ add: Add, text: string, now: number, has: { queue: (id: string) => boolean, agent: (id: string) => boolean } }} Check */

/**
 * What the host would reject, each with its path in the answer. Queues and agents must exist where
 * the test has any.
 *
 * @param {"classify" | "route" | "check" | "escalate"} decision
 * @param {any} answer
 * @param {any} input The handle.
 * @param {any} world
 * @returns {string[]}
 */
export function problemsOf(decision, answer, input, world) {
  /** @type {string[]} */
  const problems = [];
  const known = (/** @type {any[]} */ all) => (/** @type {string} */ id) => all.length === 0 || all.some((one) => one.id === id);
  /** @type {Check} */
  const check = {
    add: (path, problem) => problems.push(`${path} ${problem}`),
    text: decision === "classify" || decision === "check" ? input.text() : "",
    now: world.now,
    has: { queue: known(world.queues), agent: known(world.agents) },
  };
  CHECKS[decision](check, answer);
  bytes(check, "why", answer.why, PROSE);
  return problems;
}

/** @type {Record<string, (check: Check, answer: any) => void>} */
const CHECKS = {
  classify(check, { intents, topics, sentiment, urgency, language: tag, spam, abuse, personalData }) {
    each(check, "intents", intents, 64, (path, one) => {
      code(check, `${path}.name`, one.name);
      within(check, `${path}.confidence`, one.confidence, 0, 1);
    });
    each(check, "topics", topics, 64, (path, one) => code(check, path, one));
    within(check, "sentiment", sentiment, -1, 1);
    within(check, "urgency", urgency, 0, 100);
    within(check, "spam", spam, 0, 1);
    within(check, "abuse", abuse, 0, 1);
    if (tag != null) language(check, "language", tag);
    each(check, "personalData", personalData, 64, (path, one) => {
      code(check, `${path}.kind`, one.kind);
      span(check, path, one.start, one.end);
    });
  },

  route(check, { target, steps, preferences, excluded, priority, offerTimeout, sla, tags }) {
    checkTarget(check, target);
    each(check, "steps", steps, 16, (path, step) => {
      each(check, `${path}.skills`, step.skills, 32, (path, skill) => {
        code(check, `${path}.name`, skill.name);
        within(check, `${path}.proficiency`, skill.proficiency, 1, 5);
      });
      each(check, `${path}.languages`, step.languages, 32, (path, tag) => language(check, path, tag));
      within(check, `${path}.expiresAfter`, step.expiresAfter, 1, 604_800);
    });
    each(check, "preferences", preferences, 64, (path, one) => {
      within(check, `${path}.score`, one.score, 0, 100);
      exists(check, `${path}.agent`, "agent", one.agent);
    });
    each(check, "excluded", excluded, 64, (path, one) => {
      if (target.kind === "agent" && target.id === one) check.add(path, "is the agent it goes to");
      bytes(check, path, one, ID);
    });
    within(check, "priority", priority, 0, 100);
    within(check, "offerTimeout", offerTimeout, 1, 86_400);
    each(check, "sla", sla, CLOCKS.length, (path, one) => {
      oneOf(check, `${path}.clock`, one.clock, CLOCKS);
      within(check, `${path}.seconds`, one.seconds, 1, YEAR);
    });
    each(check, "tags", tags, 64, (path, one) => code(check, path, one));
  },

  check(check, { verdict, findings, approvers }) {
    each(check, "findings", findings, 64, (path, one) => {
      code(check, `${path}.code`, one.code);
      if ((one.start == null) !== (one.end == null)) check.add(path, "has one end only; give start and end, or neither");
      else if (one.start != null) span(check, path, one.start, one.end);
      bytes(check, `${path}.message`, one.message, MESSAGE);
      bytes(check, `${path}.suggestion`, one.suggestion, PROSE);
    });
    each(check, "approvers", approvers, 8, (path, one) => {
      if (one === "") check.add(path, "is empty; it names a team");
      bytes(check, path, one, ID);
    });
    if (verdict !== "hold" && approvers.length > 0) check.add("approvers", "are given, but the verdict is not hold");
  },

  escalate(check, { actions }) {
    each(check, "actions", actions, 32, (path, action) => checkAction(check, path, action));
  },
};

/** @param {Check} check @param {any} target */
function checkTarget(check, target) {
  oneOf(check, "target.kind", target.kind, ["queue", "agent", "hold", "close"]);
  const waits = target.kind === "agent" || target.kind === "hold";
  if (target.kind === "queue" || target.kind === "agent") {
    if (target.id == null) check.add("target.id", "is missing; it says which queue or agent");
    else exists(check, "target.id", target.kind, target.id);
  }
  if (!waits) {
    for (const field of ["queue", "until", "whileAway"]) {
      if (target[field] != null && target[field] !== false) {
        check.add(`target.${field}`, "is given; only the kinds agent and hold have it");
      }
    }
    return;
  }
  if (target.queue != null) exists(check, "target.queue", "queue", target.queue);
  if (target.whileAway === true && !(target.kind === "agent" && target.until != null)) {
    check.add("target.whileAway", "is given, but it waits for no agent");
  }
  if (target.until != null) later(check, "target.until", target.until, YEAR * 1000);
}

/** @param {Check} check @param {string} path @param {any} action */
function checkAction(check, path, { kind, target, message, priority, at }) {
  oneOf(check, `${path}.kind`, kind, ACTIONS);
  if ((kind === "notify" && target == null) || (kind === "open-incident" && !target)) {
    check.add(`${path}.target`, "is missing");
  }
  if (kind === "re-route" && target != null) exists(check, `${path}.target`, "queue", target);
  if (kind === "raise-priority" && priority == null) check.add(`${path}.priority`, "is missing; it says the least priority");
  if (kind === "require-approval" && target === "") check.add(`${path}.target`, "is empty; it names a team, or is left out");
  if (kind === "wake-up") {
    if (at == null) check.add(`${path}.at`, "is missing; it says when to call again");
    else later(check, `${path}.at`, at, Infinity);
    if (target != null) code(check, `${path}.target`, target);
  }
  within(check, `${path}.priority`, priority, 0, 100);
  bytes(check, `${path}.target`, target, ID);
  bytes(check, `${path}.message`, message, PROSE);
}

/** @param {Check} check @param {string} path @param {any[]} list @param {number} most @param {(path: string, one: any) => void} visit */
function each(check, path, list, most, visit) {
  if (list.length > most) check.add(path, `has ${list.length} entries; the limit is ${most}`);
  list.forEach((one, index) => visit(`${path}[${index}]`, one));
}

/** @param {Check} check @param {string} path @param {number | null | undefined} value @param {number} least @param {number} most */
function within(check, path, value, least, most) {
  if (value != null && !(value >= least && value <= most)) check.add(path, `is ${value}; it must be ${least} to ${most}`);
}

/** @param {Check} check @param {string} path @param {string | null | undefined} text @param {number} most */
function bytes(check, path, text, most) {
  const length = byteLength(text ?? "");
  if (length > most) check.add(path, `is ${length} bytes long; the limit is ${most}`);
}

/** @param {Check} check @param {string} path @param {string} value */
function code(check, path, value) {
  if (!/^[a-z0-9.-]{1,64}$/.test(value)) {
    check.add(path, `is ${JSON.stringify(value)}; use 1 to 64 lower-case letters, digits, hyphens and dots`);
  }
}

/** @param {Check} check @param {string} path @param {string} tag */
function language(check, path, tag) {
  if (tag.length > 35 || !/^[A-Za-z0-9]{1,8}([-_][A-Za-z0-9]{1,8})*$/.test(tag)) {
    check.add(path, `is ${JSON.stringify(tag)}, which is not a language tag (BCP 47)`);
  }
}

/** @param {Check} check @param {string} path @param {string} value @param {string[]} known */
function oneOf(check, path, value, known) {
  if (!known.includes(value)) check.add(path, `is ${JSON.stringify(value)}; it must be one of ${known.join(", ")}`);
}

/** @param {Check} check @param {string} path @param {"queue" | "agent"} kind @param {string} id */
function exists(check, path, kind, id) {
  if (!check.has[kind](id)) check.add(path, `names the ${kind} ${JSON.stringify(id)}, which the test does not have`);
}

/** @param {Check} check @param {string} path @param {number} at @param {number} most */
function later(check, path, at, most) {
  if (at <= check.now || at - check.now > most) check.add(path, `is ${at}; it must be after ${check.now}, by at most 366 days`);
}

/** @param {Check} check @param {string} path @param {number} start @param {number} end */
function span(check, path, start, end) {
  const text = encodeUtf8(check.text);
  const isBoundary = (/** @type {number} */ at) => at === text.length || (text[at] & 0xc0) !== 0x80;
  const fits = start < end && end <= text.length && isBoundary(start) && isBoundary(end);
  if (fits && decodeUtf8(text.slice(start, end)) !== "") return;
  check.add(
    path,
    `is bytes ${start} to ${end} of a text of ${text.length} bytes; a span is not empty, within the text and on character boundaries (see byteSpan)`,
  );
}
