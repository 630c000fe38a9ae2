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
  /** Within which the true share probably is; times have none. */
  readonly intervals: { readonly failures?: Interval; readonly disagreement?: Interval };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The host judges the last 1,000 to 2,000 decisions of an arm: at least so many are behind a share. */
const WINDOW = 1_000;
/** Of a normal distribution 95 % is within so many standard deviations. */
const Z = 1.959964;

/** The 95 % score interval of a share of `count` decisions (E. B. Wilson, 1927). */
export function wilson(share: number, count: number): Interval | undefined {
  if (count <= 0) return undefined;
  const z2 = (Z * Z) / count;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count))) / (1 + z2);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** The points of a rollout, oldest first. */
export function boundPoints(rollout: Rollout): BoundPoint[] {
  return rollout.points.map((point) => ({
    intervals: intervalsOf(point),
    at: Date.parse(point.at),
    decisions: point.decisions,
    failures: point.candidate_failures == null ? undefined : Math.max(0, point.candidate_failures - (point.control_failures ?? 0)),
    p99: point.candidate_p99 != null && point.control_p99 ? point.candidate_p99 / point.control_p99 : undefined,
    disagreement: point.disagreement ?? undefined,
  }));
}

/** The control's share counts as known: it decides most. */
function intervalsOf(point: Rollout["points"][number]): BoundPoint["intervals"] {
  const count = Math.min(point.decisions, WINDOW);
  const failures = point.candidate_failures == null ? undefined : wilson(point.candidate_failures, count);
  const disagreement = point.disagreement == null ? undefined : wilson(point.disagreement, count);
  const control = point.control_failures ?? 0;
  return {
    ...(failures ? { failures: { low: Math.max(0, failures.low - control), high: Math.max(0, failures.high - control) } } : {}),
    ...(disagreement ? { disagreement } : {}),
  };
}

/** Share of decisions in which a policy failed. */
export function failureRate(arm: Rollout["candidate_arm"]): number {
  const failed = Object.values(arm.failures).reduce((sum, count) => sum + count, 0);
  return arm.decisions > 0 ? failed / arm.decisions : 0;
}
