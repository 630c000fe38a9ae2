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

/** The screens that the person may see, in the order of their areas. */
export function visibleRoutes(): readonly Route[] {
  const place = (route: Route): number => session.areas.indexOf(route.area);
  return ROUTES.filter(isAllowed).toSorted((a, b) => place(a) - place(b));
}

/** The screen of a path and the fields in it. */
export function findRoute(path: string): { route: Route; fields: Record<string, string> } | "forbidden" | undefined {
  let isForbidden = false;
  for (const route of ROUTES) {
    const fields = matchPath(route.pattern, path);
    if (!fields) continue;
    if (isAllowed(route)) return { route, fields };
    isForbidden = true;
  }
  return isForbidden ? "forbidden" : undefined;
}
