import {
  //# tone
  draft,
  //# classify
  interaction,
  //# route
  conversation,
  //# end
  testPolicy,
  //# escalate
  trigger,
  //# end
} from "@patchbay/sdk/testing";
import { expect, test } from "vitest";

import policy from "../src/policy.js";
//# classify

test("a configured word gives its intent", () => {
  const tested = testPolicy(policy, { settings: { words: { "money back": "refund" } } });
  const answer = tested.classify(interaction({ text: "I want my MONEY BACK" }));
  expect(answer?.intents).toEqual([{ name: "refund", confidence: 0.8 }]);
  expect(tested.classify(interaction({ text: "Hello" }))).toBeUndefined();
});

test("a word in capitals is rejected", () => {
  const prepare = () => testPolicy(policy, { settings: { words: { REFUND: "refund" } } });
  expect(prepare).toThrow("the settings are not valid");
});
//# route

test("a customer who returns goes to the queue of the settings", () => {
  const tested = testPolicy(policy, { settings: { words: {}, queue: "care" } });
  expect(tested.route(conversation({ cause: "reopened" }))?.target).toMatchObject({ id: "care" });
  expect(tested.route(conversation({ cause: "new" }))).toBeUndefined();
});
//# tone

test("capitals must be revised", () => {
  const tested = testPolicy(policy, { settings: { words: {} } });
  expect(tested.check(draft({ text: "READ THE MANUAL" }))?.verdict).toBe("revise");
  expect(tested.check(draft({ text: "Sorry, I am on it." }))?.verdict).toBe("approve");
});
//# escalate

test("a late conversation gets priority", () => {
  const tested = testPolicy(policy, { settings: { words: {} } });
  expect(tested.escalate(trigger({ code: "sla-breached" }))?.actions[0]?.priority).toBe(80);
  expect(tested.escalate(trigger({ code: "declined" }))).toBeUndefined();
});
//# end
