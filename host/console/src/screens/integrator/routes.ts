import type { Route } from "../../shell/route.ts";
import { texts } from "./texts.ts";

export const integratorRoutes: readonly Route[] = [
  {
    pattern: "/feed",
    area: "integrator",
    needs: ["events"],
    title: () => texts.text.feed,
    nav: { icon: "feed" },
    texts: [texts],
    load: () => import("./Feed.svelte"),
  },
];
