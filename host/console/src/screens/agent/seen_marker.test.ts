import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DWELL_MS, SeenMarker } from "./seen_marker.ts";

function begin(context: TestContext, send?: () => Promise<void>): { marker: SeenMarker; told: string[]; pass: (ms: number) => Promise<void> } {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const marker = new SeenMarker(async (conversation, seen) => {
    told.push(`${conversation} ${seen}`);
    await send?.();
  });
  const pass = async (ms: number): Promise<void> => {
    context.mock.timers.tick(ms);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { marker, told, pass };
}

test("a conversation is read when it was shown for a moment, and again with its next message", async (context) => {
  const { marker, told, pass } = begin(context);
  marker.show({ id: "a", sequence: 9, message: 7 });
  await pass(DWELL_MS - 1);
  assert.deepEqual(told, []);
  await pass(1);
  assert.deepEqual(told, ["a 9"]);
  // On hold since: no words.
  marker.show({ id: "a", sequence: 10, message: 7 });
  await pass(DWELL_MS);
  marker.show({ id: "a", sequence: 11, message: 11 });
  await pass(DWELL_MS);
  assert.deepEqual(told, ["a 9", "a 11"]);
});

test("stepping through a list and hiding the page read nothing", async (context) => {
  const { marker, told, pass } = begin(context);
  for (const id of ["a", "b", "c"]) {
    marker.show({ id, sequence: 1, message: 1 });
    await pass(DWELL_MS - 1);
  }
  marker.show(undefined);
  await pass(10 * DWELL_MS);
  assert.deepEqual(told, []);
});

test("what could not be told is told when it is shown again", async (context) => {
  const { marker, told, pass } = begin(context, () => Promise.reject(new Error("offline")));
  for (let round = 0; round < 2; round += 1) {
    marker.show({ id: "a", sequence: 9, message: 7 });
    await pass(DWELL_MS);
    await pass(0);
  }
  assert.deepEqual(told, ["a 9", "a 9"]);
});
