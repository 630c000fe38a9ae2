import type { Route } from "../../shell/route.ts";
import { texts } from "./texts.ts";

export const agentRoutes: readonly Route[] = [
  {
    pattern: "/inbox",
    area: "agent",
    needs: ["offers", "conversations"],
    title: () => texts.text.inbox,
    nav: { icon: "inbox" },
    texts: [texts],
    load: () => import("./Inbox.svelte"),
  },
];
