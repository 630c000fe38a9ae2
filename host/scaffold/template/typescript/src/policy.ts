// {{name}}: a policy to start from.
//# classify
// It finds the company's words in what customers write.
//# tone
// It asks agents not to shout in replies.
//# route
// It sends returning customers to a queue of the settings.
//# escalate
// It raises the priority of conversations that are late.
//# end
//
// `npm test` checks the types and runs tests/ in Node.js; `patchbay test` builds the component and
// runs cases/ in the sandbox.

//# classify
import { policy, Problems } from "@patchbay/sdk";
//# not classify
import { policy } from "@patchbay/sdk";
//# classify route

import type { Settings } from "./settings.js";
//# end

//# classify route
export default policy({
//# not classify route
export default policy({
//# classify
  // Runs once, with the settings; every decision starts from a snapshot of what it built.
  prepare(settings: Settings) {
    const problems = new Problems();
    for (const word of Object.keys(settings.words)) {
      if (word !== word.toLowerCase()) problems.add(`/words/${word}`, "must be in lower case");
    }
    problems.throwIfAny();
    return new Map(Object.entries(settings.words));
  },
//# route without classify
  prepare(settings: Settings) {
    return settings.queue;
  },
//# classify

  classify(interaction, { prepared: words }) {
    const text = interaction.text.toLowerCase();
    for (const [word, intent] of words) {
      if (text.includes(word)) {
        return { intents: [{ name: intent, confidence: 0.8 }], why: `The text contains "${word}".` };
      }
    }
    // No opinion: the company's next policy is called.
    return null;
  },
//# route with classify

  route(conversation, { settings }) {
    // No opinion: the company's next policy is called, or its default queue is used.
    if (conversation.cause !== "reopened") return null;
    return {
      target: { kind: "queue", id: settings.queue },
      priority: 60,
      why: "The customer came back.",
    };
  },
//# route without classify

  route(conversation, { prepared: queue }) {
    // No opinion: the company's next policy is called, or its default queue is used.
    if (conversation.cause !== "reopened") return null;
    return { target: { kind: "queue", id: queue }, priority: 60, why: "The customer came back." };
  },
//# tone

  check(draft) {
    const { text } = draft;
    const shouts = text !== text.toLowerCase() && text === text.toUpperCase();
    if (!shouts) return { verdict: "approve", why: "It is not written in capitals." };
    return {
      verdict: "revise",
      findings: [
        {
          code: "wording.shouting",
          severity: "medium",
          message: "Capitals read as shouting.",
          suggestion: text.toLowerCase(),
        },
      ],
      why: "It is written in capitals.",
    };
  },
//# escalate

  escalate(trigger) {
    switch (trigger.code) {
      case "sla-at-risk":
      case "sla-breached":
        return { actions: [{ kind: "raise-priority", priority: 80 }], why: "A target is at risk or missed." };
      default:
        // No opinion; new versions of the host may know more codes.
        return null;
    }
  },
//# end
});
