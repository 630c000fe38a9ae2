import { expect, test } from "vitest";

import { byteSpan, policy } from "../src/index.js";
import { NOON, agent, conversation, draft, interaction, queue, testPolicy, trigger } from "../src/testing.js";

const world = { queues: [queue({ id: "general" })], agents: [agent({ id: "ana" })] };

/** @param {object} decisions @param {(tested: any) => any} run */
const run = (decisions, run) => () => run(testPolicy(policy(/** @type {any} */ (decisions)), world));

/** @param {object} answer @param {string} [text] */
const classified = (answer, text = "né!") =>
  run({ classify: () => ({ why: "", ...answer }) }, (tested) => tested.classify(interaction({ text })));

test.each([
  [{ urgency: 101 }, "urgency is 101; it must be 0 to 100"],
  [{ sentiment: -2 }, "sentiment is -2; it must be -1 to 1"],
  [{ intents: [{ name: "Refund", confidence: 0.9 }] }, 'intents[0].name is "Refund"'],
  [{ intents: [{ name: "refund", confidence: NaN }] }, "intents[0].confidence is NaN"],
  [{ topics: Array(65).fill("a") }, "topics has 65 entries; the limit is 64"],
  [{ language: "pt__br" }, "language is"],
  [{ why: "é".repeat(2049) }, "why is 4098 bytes long; the limit is 4096"],
  [{ personalData: [{ kind: "phone", start: 0, end: 2 }] }, "personalData[0] is bytes 0 to 2 of a text of 4 bytes"],
  [{ personalData: [{ kind: "phone", start: 1, end: 1 }] }, "personalData[0] is bytes 1 to 1"],
])("a classification that the host rejects is an error: %j", (answer, message) => {
  expect(classified(answer)).toThrow(message);
});

test("a span in bytes is accepted", () => {
  const text = "né! 4111";
  expect(classified({ personalData: [{ kind: "payment-card", ...byteSpan(text, 4, 8) }] }, text)).not.toThrow();
});

test.each([
  [{ target: { kind: "queue" } }, "target.id is missing"],
  [{ target: { kind: "queue", id: "other" } }, 'target.id names the queue "other"'],
  [{ target: { kind: "park" } }, 'target.kind is "park"'],
  [{ target: { kind: "close", until: NOON + 1 } }, "target.until is given; only the kinds agent and hold have it"],
  [{ target: { kind: "hold", until: NOON } }, "target.until is"],
  [{ target: { kind: "agent", id: "ana", whileAway: true } }, "target.whileAway is given"],
  [{ target: { kind: "agent", id: "ana" }, excluded: ["ana"] }, "excluded[0] is the agent it goes to"],
  [{ target: { kind: "close" }, steps: [{ skills: [{ name: "a", proficiency: 6 }] }] }, "steps[0].skills[0].proficiency is 6"],
  [{ target: { kind: "close" }, sla: [{ clock: "first", seconds: 0 }] }, 'sla[0].clock is "first"'],
])("a route that the host rejects is an error: %j", (answer, message) => {
  expect(run({ route: () => ({ why: "", ...answer }) }, (tested) => tested.route(conversation()))).toThrow(message);
});

test.each([
  [{ verdict: "revise", approvers: ["legal"] }, "approvers are given, but the verdict is not hold"],
  [{ verdict: "revise", findings: [{ code: "a", severity: "low", message: "", start: 1 }] }, "findings[0] has one end only"],
])("a review that the host rejects is an error: %j", (answer, message) => {
  expect(run({ check: () => ({ why: "", ...answer }) }, (tested) => tested.check(draft({ text: "Hi" })))).toThrow(message);
});

test.each([
  [{ kind: "raise-priority" }, "actions[0].priority is missing"],
  [{ kind: "open-incident" }, "actions[0].target is missing"],
  [{ kind: "wake-up", at: NOON - 1 }, "actions[0].at is"],
  [{ kind: "call" }, 'actions[0].kind is "call"'],
])("an escalation that the host rejects is an error: %j", (action, message) => {
  const escalate = () => ({ actions: [action], why: "" });
  expect(run({ escalate }, (tested) => tested.escalate(trigger({ code: "classified" })))).toThrow(message);
});
