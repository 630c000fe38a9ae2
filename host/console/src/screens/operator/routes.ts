import type { Route } from "../../shell/route.ts";
import { texts } from "./texts.ts";

export const operatorRoutes: readonly Route[] = [
  {
    pattern: "/health",
    area: "operator",
    needs: ["status"],
    title: () => texts.text.health,
    nav: { icon: "pulse" },
    texts: [texts],
    load: () => import("./Health.svelte"),
  },
];
