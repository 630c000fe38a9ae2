import assert from "node:assert/strict";
import { test } from "node:test";
import { alertPlace } from "./alert_places.ts";

test("an alert leads to the screen about it, if the person may see that", () => {
  assert.deepEqual(alertPlace("outbox-stalled", () => true), { path: "/outbox", query: { state: "waiting" } });
  assert.equal(alertPlace("setup-refused", (path) => path !== "/generations"), undefined);
  // The set of codes grows, and a code may be a name that every object has.
  for (const code of ["unheard-of", "constructor"]) assert.equal(alertPlace(code, () => true), undefined);
});
