import type { Component } from "svelte";
import type { Route } from "../../shell/route.ts";
import { texts as agentTexts } from "../agent/texts.ts";
import { readerRoute } from "../operator/reader_routes.ts";
import { texts } from "./texts.ts";

// Names of customers and steps of journeys are worded as in an agent's screens.
const all = [texts, agentTexts];

export const supervisorRoutes: readonly Route[] = [
  {
    pattern: "/floor",
    area: "supervisor",
    needs: ["queues", "agents", "conversations"],
    title: () => texts.text.floor,
    nav: { icon: "floor" },
    texts: all,
    load: () => import("./Floor.svelte"),
  },
  {
    pattern: "/service-level",
    area: "supervisor",
    needs: ["statistics"],
    title: () => texts.text.level,
    nav: { icon: "clock" },
    texts: all,
    load: () => import("./ServiceLevel.svelte"),
  },
  {
    pattern: "/conversations",
    area: "supervisor",
    needs: ["conversations"],
    title: () => texts.text.conversations,
    nav: { icon: "chat" },
    texts: all,
    load: () => import("./Conversations.svelte"),
  },
  {
    pattern: "/approvals",
    area: "supervisor",
    needs: ["approvals"],
    title: () => texts.text.approvals,
    nav: { icon: "check" },
    texts: all,
    load: () => import("./Approvals.svelte"),
  },
  {
    pattern: "/incidents",
    area: "supervisor",
    needs: ["incidents"],
    title: () => texts.text.incidents,
    nav: { icon: "flag" },
    texts: all,
    load: () => import("./Incidents.svelte"),
  },
  {
    pattern: "/alerts",
    area: "supervisor",
    needs: ["alerts"],
    title: () => texts.text.alerts,
    nav: { icon: "bell" },
    texts: all,
    load: () => import("./Alerts.svelte"),
  },
  {
    pattern: "/people",
    area: "supervisor",
    needs: ["agents", "queues"],
    title: () => texts.text.people,
    nav: { icon: "people" },
    texts: all,
    load: () => import("./People.svelte"),
  },
  {
    pattern: "/contacts",
    area: "supervisor",
    needs: ["conversations", "journey"],
    title: () => texts.text.contacts,
    nav: { icon: "person" },
    texts: all,
    load: () => import("./Contacts.svelte"),
  },
  {
    pattern: "/contacts/:id",
    area: "supervisor",
    needs: ["journey"],
    title: () => texts.text.contacts,
    texts: all,
    load: () => import("./Contact.svelte"),
  },
  readerRoute("health", "supervisor", () => texts.text.health, all),
  readerRoute("decisions", "supervisor", () => texts.text.decisions, all),
  readerRoute("decision", "supervisor", () => texts.text.decisions, all),
  readerRoute("rollout", "supervisor", () => texts.text.rollout, all),
  readerRoute("outbox", "supervisor", () => texts.text.outbox, all),
];

/** What runs beside every screen of a person who oversees the floor. */
export const supervisorCompanion = async (): Promise<Component> => {
  await texts.load();
  return (await import("./AttentionWatch.svelte")).default;
};
