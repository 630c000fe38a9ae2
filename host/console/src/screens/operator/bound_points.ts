// How a canary stands to its bounds over time, as the host measured it.
import type { Rollout } from "./operator_types.ts";

export type BoundName = "failures" | "p99" | "disagreement";

export interface BoundPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly decisions: number;
  /** Failure rate above that of the control, a share; never below 0. */
  readonly failures: number | undefined;
  /** Multiple of the control's p99. */
  readonly p99: number | undefined;
  /** Share of compared decisions that differ. */
  readonly disagreement: number | undefined;
}

/** The points of a rollout, oldest first. */
export function boundPoints(rollout: Rollout): BoundPoint[] {
  return rollout.points.map((point) => ({
    at: Date.parse(point.at),
    decisions: point.decisions,
    failures: point.candidate_failures == null ? undefined : Math.max(0, point.candidate_failures - (point.control_failures ?? 0)),
    p99: point.candidate_p99 != null && point.control_p99 ? point.candidate_p99 / point.control_p99 : undefined,
    disagreement: point.disagreement ?? undefined,
  }));
}

/** Share of decisions in which a policy failed. */
export function failureRate(arm: Rollout["candidate_arm"]): number {
  const failed = Object.values(arm.failures).reduce((sum, count) => sum + count, 0);
  return arm.decisions > 0 ? failed / arm.decisions : 0;
}
