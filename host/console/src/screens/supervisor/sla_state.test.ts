import assert from "node:assert/strict";
import test from "node:test";
import { hasOlderMiss, slaState } from "./sla_state.ts";

const NOW = Date.parse("2026-03-02T10:00:00Z");
const row = (fields: object) => ({ state: "active", ...fields }) as Parameters<typeof slaState>[0];

test("a deadline that is over is missed, one to come runs", () => {
  assert.equal(slaState(row({ due_at: "2026-03-02T09:59:00Z" }), NOW), "missed");
  assert.equal(slaState(row({ due_at: "2026-03-02T10:30:00Z", at_risk_at: "2026-03-02T10:20:00Z" }), NOW), "running");
});

test("it is at risk from its time on, and when the policies were asked already", () => {
  assert.equal(slaState(row({ due_at: "2026-03-02T10:30:00Z", at_risk_at: "2026-03-02T09:50:00Z" }), NOW), "risk");
  assert.equal(slaState(row({ due_at: "2026-03-02T10:30:00Z" }), NOW), "risk");
});

test("a missed clock stays although another one runs", () => {
  const clocks = [
    { clock: "first-response", state: "missed", target_seconds: 60 },
    { clock: "next-response", state: "running", target_seconds: 60, deadline: "2026-03-02T10:30:00Z" },
  ];
  assert.equal(slaState(row({ due_at: "2026-03-02T10:30:00Z", clocks }), NOW), "missed");
});

test("on hold it is paused, resolved it has no state", () => {
  assert.equal(slaState(row({ state: "on-hold", due_at: "2026-03-02T10:30:00Z" }), NOW), "paused");
  assert.equal(slaState(row({ state: "resolved", due_at: "2026-03-02T09:30:00Z" }), NOW), "none");
});

test("an older miss stays in sight beside the deadline that runs now", () => {
  const clocks = [{ clock: "first-response", state: "missed" as const, target_seconds: 60 }];
  assert.equal(hasOlderMiss(row({ due_at: "2026-03-02T10:30:00Z", clocks }), NOW), true);
  assert.equal(hasOlderMiss(row({ due_at: "2026-03-02T09:30:00Z", clocks }), NOW), false);
  const anew = [{ clock: "next-response", state: "running" as const, target_seconds: 60, misses: 2 }];
  assert.equal(hasOlderMiss(row({ due_at: "2026-03-02T10:30:00Z", clocks: anew }), NOW), true);
});
