import { expect, test } from "vitest";

import { policy } from "../src/index.js";
import { agent, assessment, conversation, interaction, testPolicy } from "../src/testing.js";

/** @param {() => any} classify */
const answered = (classify) => testPolicy(policy({ classify })).classify(interaction());

test("a field that is left out is no opinion", () => {
  expect(answered(() => ({ why: "because" }))).toEqual({ intents: [], topics: [], personalData: [], why: "because" });
});

test("null, undefined and false-like nothing decline, and an answer that is no object is an error", () => {
  expect(answered(() => null)).toBeUndefined();
  expect(answered(() => undefined)).toBeUndefined();
  expect(() => answered(() => "refund")).toThrow('the answer of classify must be an object, and is "refund"');
});

test.each([
  [{ urgency: 300, why: "" }, "the answer of classify.urgency must be a whole number from 0 to 255, and is 300"],
  [{ urgency: 1.5, why: "" }, "the answer of classify.urgency must be a whole number from 0 to 255, and is 1.5"],
  [{ urgancy: 3, why: "" }, "the answer of classify has no field urgancy; its fields are intents, topics,"],
  [{}, "the answer of classify.why must be a string, and is nothing"],
  [{ intents: [{ name: "a" }], why: "" }, "the answer of classify.intents[0].confidence must be a number, and is nothing"],
  [{ intents: "a", why: "" }, 'the answer of classify.intents must be a list, and is "a"'],
  [Promise.resolve(null), "the answer of classify is a promise, but a decision is synchronous"],
])("an answer that does not fit the contract is an error that names the field: %j", (answer, message) => {
  expect(() => answered(() => answer)).toThrow(message);
});

test("half of a surrogate pair is replaced, since UTF-8 has no form for it", () => {
  expect(answered(() => ({ why: "a\ud800b" }))?.why).toBe("a\ufffdb");
});

test("a property is read from the host once, when it is first used", () => {
  /** @type {string[]} */
  const calls = [];
  const tested = testPolicy(
    policy({
      classify: (given) => ({ why: `${given.text} ${given.text} ${given.language} ${given.attachments.length} ${given.attachments.length}` }),
    }),
  );
  const counted = Object.entries(/** @type {any} */ (interaction({ text: "Hi" })).host).map(([name, method]) => [
    name,
    (/** @type {any[]} */ ...given) => {
      calls.push(name);
      return /** @type {any} */ (method)(...given);
    },
  ]);
  const input = /** @type {any} */ ({ host: Object.fromEntries(counted) });
  expect(tested.classify(input)?.why).toBe("Hi Hi undefined 0 0");
  // The last is of the check of the answer.
  expect(calls).toEqual(["text", "language", "attachments", "text"]);
});

test("what is absent is undefined, and handles lead to others", () => {
  const latest = interaction({ text: "Hi", author: { name: "Jo" }, attributes: { vip: true } });
  const given = conversation({ latest, assessment: assessment({ intents: [{ name: "refund", confidence: 0.9 }] }) });
  expect(given.latest.author.name).toBe("Jo");
  expect(given.latest.author.reach).toBeUndefined();
  expect(given.latest.attribute("vip")).toBe("true");
  expect(given.latest.attribute("other")).toBeUndefined();
  expect(given.assessment?.intents).toEqual([{ name: "refund", confidence: 0.9 }]);
  expect(given.owner).toBeUndefined();
});

test("agents are found by skill, language and presence", () => {
  const agents = [
    agent({ id: "ana", skills: [{ name: "fraud", proficiency: 4 }], languages: ["pt-BR"] }),
    agent({ id: "bo", skills: [{ name: "fraud", proficiency: 2 }], languages: ["pt"] }),
    agent({ id: "cy", skills: [{ name: "fraud", proficiency: 5 }], languages: ["pt"], presence: "away" }),
  ];
  const tested = testPolicy(
    policy({
      route(_, { agents }) {
        const query = { skills: [{ name: "fraud", proficiency: 3 }], language: "pt", present: true };
        const [best] = agents.summaries(query).items;
        return { target: { kind: "agent", id: agents.find(query).items[0]?.id }, why: `${best?.proficiencies}` };
      },
    }),
    { agents },
  );
  expect(tested.route(conversation())).toMatchObject({ target: { id: "ana" }, why: "4" });
});
