import type { Route } from "../../shell/route.ts";
import { texts } from "./texts.ts";

export const supervisorRoutes: readonly Route[] = [
  {
    pattern: "/floor",
    area: "supervisor",
    needs: ["queues", "agents"],
    title: () => texts.text.floor,
    nav: { icon: "floor" },
    texts: [texts],
    load: () => import("./Floor.svelte"),
  },
];
