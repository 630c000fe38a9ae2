// Routes by opening hours. Business hours with their time zones, holidays and half days are those of
// the company file; the host computes with them.

import { policy, Problems } from "@patchbay/sdk";
import type { Conversation, RoutePlan } from "@patchbay/sdk";

import { isEmergency } from "./emergency.js";
import type { Settings } from "./settings.js";
import { Sites } from "./sites.js";

/** Name of the wake-up at which unanswered conversations are handed over. */
const HANDOVER = "handover";

export default policy({
  prepare(settings: Settings) {
    const problems = new Problems();
    settings.sites.forEach(({ queue }, index) => {
      if (settings.sites.findIndex((other) => other.queue === queue) < index) {
        problems.add(`/sites/${index}/queue`, `another site has the queue "${queue}"; give each site its own`);
      }
    });
    problems.throwIfAny();
    return new Sites(settings.sites, settings["closing-minutes"]);
  },

  route(conversation, { settings, prepared: sites, clock, log }): RoutePlan | null {
    const { emergency } = settings;
    if (emergency && isEmergency(conversation, emergency)) {
      return {
        target: { kind: "queue", id: emergency.queue },
        priority: 95,
        tags: ["emergency"],
        why: "It cannot wait: the people on call take it at any hour.",
      };
    }
    const suitable = sites.suitable(languageOf(conversation));
    const open = sites.pick(suitable, conversation.queue, clock);
    if (open) return { target: { kind: "queue", id: open.site.queue }, why: open.why };
    const later = settings["after-hours-queue"];
    if (later !== undefined) {
      return {
        target: { kind: "queue", id: later },
        tags: ["after-hours"],
        why: "All sites are closed.",
      };
    }
    const next = sites.firstToOpen(suitable, clock);
    if (!next) {
      log.warn("no site opens within 366 days; see the business hours of the company file");
      return null;
    }
    return {
      target: { kind: "hold", queue: next.site.queue, until: next.at },
      tags: ["after-hours"],
      why: `All sites are closed; ${next.site.queue} opens first, at ${new Date(next.at).toISOString()}.`,
    };
  },

  escalate(trigger, { prepared: sites, clock }) {
    const { code, conversation } = trigger;
    const home = conversation && sites.ofQueue(conversation.queue);
    if (!home) return null;
    if (code === "classified") {
      const at = sites.handoverTime(home, clock);
      if (at === undefined) return null;
      return {
        actions: [{ kind: "wake-up", target: HANDOVER, at }],
        why: `${home.queue} closes soon after ${new Date(at).toISOString()}.`,
      };
    }
    const isDue =
      code === "sla-at-risk" || code === "silent-agent" || (code === "wake-up" && trigger.subject === HANDOVER);
    if (!isDue || conversation.unansweredSince === undefined) return null;
    const other = sites.pick(sites.suitable(languageOf(conversation)), home.queue, clock);
    if (!other || other.site === home) return null;
    return {
      actions: [{ kind: "re-route", target: other.site.queue }],
      why: `The customer waits for an answer, and ${home.queue} is closed or closes soon.`,
    };
  },
});

/** The customer's language, as the classifiers or the channel know it. */
function languageOf(conversation: Conversation): string | undefined {
  return conversation.assessment?.language ?? conversation.latest.language;
}
