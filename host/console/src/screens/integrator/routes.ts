import type { Route } from "../../shell/route.ts";
import { texts as operatorTexts } from "../operator/texts.ts";
import { texts } from "./texts.ts";

/** Screens of operators that integrators read, too. */
const decisions: Route["load"] = async () => {
  await operatorTexts.load();
  return import("../operator/Decisions.svelte");
};
const decision: Route["load"] = async () => {
  await operatorTexts.load();
  return import("../operator/Decision.svelte");
};

export const integratorRoutes: readonly Route[] = [
  {
    pattern: "/decisions",
    area: "integrator",
    needs: ["decisions"],
    title: () => texts.text.decisions,
    nav: { icon: "decision" },
    texts: [texts],
    load: decisions,
  },
  {
    pattern: "/decisions/:n",
    area: "integrator",
    needs: ["decision"],
    title: () => texts.text.decisions,
    texts: [texts],
    load: decision,
  },
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
    pattern: "/contract",
    area: "integrator",
    needs: [],
    title: () => texts.text.contract.title,
    nav: { icon: "book" },
    texts: [texts],
    load: () => import("./ContractReader.svelte"),
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
