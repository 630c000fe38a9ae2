import assert from "node:assert/strict";
import { test } from "node:test";
import { KEEP_MS, SessionKeeper, nextEnd } from "./session_end.ts";

test("the end that comes first counts, and only the idle one can be moved", () => {
  for (const [idle, last, expected] of [
    [undefined, undefined, undefined],
    [100, undefined, { kind: "idle", at: 100 }],
    [undefined, 200, { kind: "last", at: 200 }],
    [100, 200, { kind: "idle", at: 100 }],
    // The host cuts the idle end at the last one.
    [200, 200, { kind: "last", at: 200 }],
  ] as const) {
    assert.deepEqual(nextEnd({ idle, last }), expected);
  }
});

test("a busy hour tells the host every two minutes, and a quiet one never", async () => {
  let now = 0;
  const told: number[] = [];
  const keeper = new SessionKeeper(async () => void told.push(now), () => now);
  for (; now < 3_600_000; now += 100) await keeper.active(false);
  assert.equal(told.length, 3_600_000 / KEEP_MS);
  assert.equal(told[1]! - told[0]!, KEEP_MS);
  now += 10 * KEEP_MS;
  assert.equal(told.length, 30);
});

test("what another tab told is not told again, but a warning is answered at once", async () => {
  let told = 0;
  const keeper = new SessionKeeper(async () => void (told += 1), () => 1_000);
  keeper.kept();
  await keeper.active(false);
  assert.equal(told, 0);
  await keeper.active(true);
  assert.equal(told, 1);
});

test("a failure is tried again with the next key, a while later", async () => {
  let now = 0;
  let asked = 0;
  const keeper = new SessionKeeper(async () => {
    asked += 1;
    throw new Error("offline");
  }, () => now);
  for (; now < 60_000; now += 1_000) await keeper.active(false);
  assert.equal(asked, 6);
});
