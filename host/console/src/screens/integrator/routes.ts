import type { Route } from "../../shell/route.ts";
import { readerRoute } from "../operator/reader_routes.ts";
import { texts } from "./texts.ts";

export const integratorRoutes: readonly Route[] = [
  readerRoute("decisions", "integrator", () => texts.text.decisions, [texts]),
  readerRoute("decision", "integrator", () => texts.text.decisions, [texts]),
  readerRoute("health", "integrator", () => texts.text.health, [texts]),
  readerRoute("generations", "integrator", () => texts.text.generations, [texts]),
  readerRoute("generation", "integrator", () => texts.text.generations, [texts]),
  readerRoute("editor", "integrator", () => texts.text.generations, [texts]),
  readerRoute("settings", "integrator", () => texts.text.generations, [texts]),
  readerRoute("whatIf", "integrator", () => texts.text.whatIf, [texts]),
  readerRoute("rollout", "integrator", () => texts.text.rollout, [texts]),
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
