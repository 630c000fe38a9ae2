import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "./server_clock.ts";

const at = (ms: number): string => new Date(ms).toUTCString();

test("a clock ten minutes off is corrected in both directions", () => {
  for (const off of [600_000, -600_000]) {
    const clock = new ServerClock();
    const now = 1_800_000_000_000;
    clock.observe(at(now + off), now - 20, now + 20);
    assert.ok(Math.abs(clock.skew - off) <= 1_000, `${clock.skew}`);
  }
});

test("rounding to seconds changes nothing", () => {
  const clock = new ServerClock();
  for (let ms = 0; ms < 3_000; ms += 170) {
    const now = 1_800_000_000_000 + ms;
    clock.observe(at(now), now - 10, now + 10);
    assert.equal(clock.skew, 0);
  }
});

test("an answer without a date is ignored", () => {
  const clock = new ServerClock();
  clock.observe(null, 0, 0);
  clock.observe("soon", 0, 0);
  assert.equal(clock.skew, 0);
});

test("a desk with a clock of its own counts by that clock", () => {
  const clock = new ServerClock();
  const elsewhere = Date.now() - 86_400_000;
  clock.observeHost(new Date(elsewhere).toISOString());
  assert.ok(Math.abs(clock.now() - elsewhere) < 1_000);
  clock.observeHost(new Date(Date.now() - 2_000).toISOString());
  assert.ok(Math.abs(clock.now() - Date.now()) < 1_000);
});

test("sessions end by the host's machine, whatever clock its desk and this machine have", () => {
  const clock = new ServerClock();
  const now = Date.now();
  clock.observe(new Date(now + 600_000).toUTCString(), now, now);
  clock.observeHost(new Date(now - 86_400_000).toISOString());
  assert.ok(Math.abs(clock.wallNow() - (Date.now() + 600_000)) < 2_000);
  assert.ok(Math.abs(clock.now() - (Date.now() - 86_400_000)) < 2_000);
});
