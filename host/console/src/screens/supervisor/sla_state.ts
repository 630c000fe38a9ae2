import type { Summary } from "../../api/shapes.ts";

/** How a conversation stands with its targets. */
export type SlaState = "missed" | "risk" | "running" | "paused" | "none";

type Row = Pick<Summary, "state" | "due_at" | "at_risk_at" | "clocks">;

const isPast = (time: string | null | undefined, now: number): boolean => Boolean(time) && Date.parse(time!) <= now;

/** How a conversation stands with its targets. A missed target stays missed until it is resolved. */
export function slaState(row: Row, now: number): SlaState {
  if (row.state === "resolved") return "none";
  const clocks = row.clocks ?? [];
  const running = clocks.filter(({ state }) => state === "running");
  if (clocks.some(({ state }) => state === "missed") || running.some(({ deadline }) => isPast(deadline, now))) return "missed";
  if (!row.due_at) return clocks.some(({ state }) => state === "paused") ? "paused" : "none";
  if (row.state === "on-hold") return "paused";
  if (isPast(row.due_at, now)) return "missed";
  return isAtRisk(row, now) ? "risk" : "running";
}

/** Without clocks, `at_risk_at` is absent from when on the escalation policies were asked. */
function isAtRisk(row: Row, now: number): boolean {
  if (row.clocks?.length) return row.clocks.some(({ state, at_risk_at }) => state === "running" && isPast(at_risk_at, now));
  return !row.at_risk_at || isPast(row.at_risk_at, now);
}

/** From when on the target of `due_at` is at risk, as `Deadline` takes it. */
export function riskAt(row: Row & Pick<Summary, "created_at" | "due_clock">): string | null {
  const clock = row.clocks?.find(({ clock, state }) => clock === row.due_clock && state === "running");
  return clock?.at_risk_at ?? row.at_risk_at ?? (row.clocks?.length ? null : row.created_at);
}

/** Whether a target was missed that `due_at` no longer says: a miss stays in sight. */
export function hasOlderMiss(row: Row, now: number): boolean {
  if (row.state === "resolved" || isPast(row.due_at, now)) return false;
  return (row.clocks ?? []).some(({ state, misses = 0 }) => state === "missed" || misses > 0);
}
