import type { Route } from "../../shell/route.ts";
import { texts } from "./texts.ts";

export const integratorRoutes: readonly Route[] = [
  {
    pattern: "/feed",
    area: "integrator",
    needs: ["events"],
    title: () => texts.text.feed.title,
    nav: { icon: "feed" },
    texts: [texts],
    load: () => import("./Feed.svelte"),
  },
  {
    pattern: "/api",
    area: "integrator",
    needs: [],
    title: () => texts.text.api.title,
    nav: { icon: "book" },
    texts: [texts],
    load: () => import("./ApiReader.svelte"),
  },
];
