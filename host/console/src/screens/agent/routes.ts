import type { Component } from "svelte";
import type { Route } from "../../shell/route.ts";
import { texts as supervisorTexts } from "../supervisor/texts.ts";
import { texts } from "./texts.ts";

// One module for both: the list stays as it is while conversations open.
const load: Route["load"] = () => import("./screens.ts");

export const agentRoutes: readonly Route[] = [
  {
    pattern: "/inbox",
    area: "agent",
    needs: ["offers", "conversations"],
    title: () => texts.text.inbox,
    nav: { icon: "inbox" },
    keepsScreen: true,
    texts: [texts],
    load,
  },
  {
    pattern: "/c/:id",
    area: "agent",
    needs: ["conversation"],
    title: () => texts.text.conversation,
    shared: true,
    keepsScreen: true,
    texts: [texts],
    load,
  },
  {
    // Agents approve, too, where a policy names their team.
    pattern: "/approvals/mine",
    area: "agent",
    needs: ["approvals", "approve"],
    title: () => texts.text.approvals,
    nav: { icon: "check" },
    texts: [texts],
    load: async () => {
      await supervisorTexts.load();
      return import("../supervisor/Approvals.svelte");
    },
  },
];

/** What runs beside every screen of an agent. */
export const agentCompanion = async (): Promise<Component> => (await import("./screens.ts")).AgentBar;
