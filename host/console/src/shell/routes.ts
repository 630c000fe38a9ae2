// All screens. Each area has its own list.
import { agentRoutes } from "../screens/agent/routes.ts";
import { integratorRoutes } from "../screens/integrator/routes.ts";
import { operatorRoutes } from "../screens/operator/routes.ts";
import { supervisorRoutes } from "../screens/supervisor/routes.ts";
import type { Route } from "./route.ts";
import { matchPath } from "./route_pattern.ts";
import { session } from "./session.svelte.ts";

const ROUTES: readonly Route[] = [...agentRoutes, ...supervisorRoutes, ...operatorRoutes, ...integratorRoutes];

/** Whether the person may see a screen. */
function isAllowed(route: Route): boolean {
  const isTheirs = route.shared || session.areas.includes(route.area);
  return isTheirs && route.needs.every((operation) => session.can(operation));
}

/** Place of a screen among the person's areas; those of other areas, which are shared, come last. */
function place(route: Route): number {
  const index = session.areas.indexOf(route.area);
  return index < 0 ? session.areas.length : index;
}

/** The screens that the person may see, in the order of their areas. */
export function visibleRoutes(): readonly Route[] {
  const sorted = ROUTES.filter(isAllowed).toSorted((a, b) => place(a) - place(b));
  // A screen that two areas of a person have stands in the first one only.
  return sorted.filter((route, index) => sorted.findIndex(({ pattern }) => pattern === route.pattern) === index);
}

/** The screen of a path and the fields in it. */
export function findRoute(path: string): { route: Route; fields: Record<string, string> } | "forbidden" | undefined {
  for (const route of visibleRoutes()) {
    const fields = matchPath(route.pattern, path);
    if (fields) return { route, fields };
  }
  return ROUTES.some(({ pattern }) => matchPath(pattern, path)) ? "forbidden" : undefined;
}
