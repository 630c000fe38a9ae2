// Where one sees more of what an alert is about.

const PLACES: Record<string, { readonly path: string; readonly query?: Readonly<Record<string, string>> }> = {
  "breaker-opened": { path: "/health" },
  bypassed: { path: "/health" },
  quarantined: { path: "/health" },
  "canary-aborted": { path: "/rollout" },
  "rollout-ended": { path: "/rollout" },
  "setup-refused": { path: "/generations" },
  undeliverable: { path: "/outbox" },
  "outbox-stalled": { path: "/outbox", query: { state: "waiting" } },
};

/** The screen about alerts of a code, of those that the person may see. */
export function alertPlace(code: string, maySee: (path: string) => boolean): { path: string; query?: Readonly<Record<string, string>> } | undefined {
  const place = Object.hasOwn(PLACES, code) ? PLACES[code] : undefined;
  return place && maySee(place.path) ? place : undefined;
}
