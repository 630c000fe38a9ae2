// Operators' screens that people of other areas read, too: each shows what its person may see, and
// says why they may not change it.
import type { Area } from "../../shell/session.svelte.ts";
import type { Route } from "../../shell/route.ts";
import { texts as operatorTexts } from "./texts.ts";

/** The words of these screens load with the first of them, not with the navigation. */
const withTexts =
  (load: Route["load"]): Route["load"] =>
  async () => {
    await operatorTexts.load();
    return load();
  };

const screens = {
  decisions: { pattern: "/decisions", needs: ["decisions"], icon: "decision", load: withTexts(() => import("./Decisions.svelte")) },
  decision: { pattern: "/decisions/:n", needs: ["decision"], icon: undefined, load: withTexts(() => import("./Decision.svelte")) },
  health: { pattern: "/health", needs: ["breakers", "channels"], icon: "pulse", load: withTexts(() => import("./Health.svelte")) },
  generations: { pattern: "/generations", needs: ["generations"], icon: "layers", load: withTexts(() => import("./Generations.svelte")) },
  generation: { pattern: "/generations/:n", needs: ["generations", "generation"], icon: undefined, load: withTexts(() => import("./Generation.svelte")) },
  editor: { pattern: "/generations/:n/edit", needs: ["generations", "generation", "validate_company_file"], icon: undefined, load: withTexts(() => import("./GenerationEditor.svelte")) },
  settings: { pattern: "/generations/:n/settings/:plugin", needs: ["generations", "generation", "validate_company_file"], icon: undefined, load: withTexts(() => import("./PluginSettings.svelte")) },
  whatIf: { pattern: "/what-if", needs: ["generations", "start_what_if"], icon: "spark", load: withTexts(() => import("./WhatIf.svelte")) },
  rollout: { pattern: "/rollout", needs: ["rollout"], icon: "split", load: withTexts(() => import("./Rollout.svelte")) },
  outbox: { pattern: "/outbox", needs: ["outbox"], icon: "outbox", load: withTexts(() => import("./Outbox.svelte")) },
};

/** One of these screens in the navigation of an area; `title` and `texts` are the area's. */
export function readerRoute(name: keyof typeof screens, area: Area, title: () => string, texts: Route["texts"]): Route {
  const { icon, ...screen } = screens[name];
  return { ...screen, area, title, texts, ...(icon ? { nav: { icon } } : {}) };
}
