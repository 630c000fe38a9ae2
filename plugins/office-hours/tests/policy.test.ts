import { conversation, interaction, testPolicy, trigger } from "@patchbay/sdk/testing";
import { expect, test } from "vitest";

import policy from "../src/policy.js";

type Span = [string, string];

const hours: Record<string, Span[]> = {
  lisbon: [["2026-03-03T09:00Z", "2026-03-03T18:00Z"]],
  bogota: [["2026-03-03T13:00Z", "2026-03-03T22:00Z"]],
};
const sites = [
  { queue: "care-lisbon", hours: "lisbon", languages: [] },
  { queue: "care-bogota", hours: "bogota", languages: [] },
];

function at(now: string, settings: object = {}) {
  return testPolicy(policy, { now, hours, settings: { sites, "closing-minutes": 15, ...settings } });
}

test("the first open site gets a conversation until it closes soon", () => {
  const target = (now: string) => at(now).route(conversation())?.target;
  expect(target("2026-03-03T17:44Z")).toMatchObject({ kind: "queue", id: "care-lisbon" });
  expect(target("2026-03-03T17:45Z")).toMatchObject({ kind: "queue", id: "care-bogota" });
});

test("with all sites closed it is on hold until the first opens", () => {
  expect(at("2026-03-03T08:00Z").route(conversation())).toMatchObject({
    target: { kind: "hold", queue: "care-lisbon", until: Date.UTC(2026, 2, 3, 9) },
    tags: ["after-hours"],
  });
});

test("where no site ever opens, other policies decide, and the log says why", () => {
  const tested = at("2026-03-04T08:00Z");
  expect(tested.route(conversation())).toBeUndefined();
  expect(tested.log[0]).toContain("no site opens within 366 days");
});

test("two sites with one queue are a problem of the settings", () => {
  const twice = { sites: [sites[0], sites[0]] };
  expect(() => at("2026-03-03T08:00Z", twice)).toThrow(
    expect.objectContaining({ problems: [expect.objectContaining({ path: "/sites/1/queue" })] }),
  );
});

test("an answered conversation stays where it is at closing time", () => {
  const tested = at("2026-03-03T18:00Z");
  const given = { queue: "care-lisbon", latest: interaction() };
  const wakeUp = (data: object) => trigger({ code: "wake-up", subject: "handover", conversation: conversation({ ...given, ...data }) });
  expect(tested.escalate(wakeUp({ unansweredSince: undefined }))).toBeUndefined();
  expect(tested.escalate(wakeUp({}))?.actions).toMatchObject([{ kind: "re-route", target: "care-bogota" }]);
});
