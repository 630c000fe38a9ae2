// How a canary stands to its bounds, point by point, as long as the page is open.
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

/** An hour at one point in five seconds. */
const MOST = 720;

/** What a rollout measures now. */
export function measure(rollout: Rollout, at: number): BoundPoint {
  const { candidate_arm: candidate, control_arm: control, compared } = rollout;
  const [p99, controlP99] = [candidate.latency?.p99_micros, control.latency?.p99_micros];
  const excess = failureRate(candidate) - failureRate(control);
  return {
    at,
    decisions: candidate.decisions,
    failures: candidate.decisions > 0 ? Math.max(0, excess) : undefined,
    p99: p99 !== undefined && controlP99 ? p99 / controlP99 : undefined,
    disagreement: compared.decisions > 0 ? 1 - compared.agreed / compared.decisions : undefined,
  };
}

/** Share of decisions in which a policy failed. */
export function failureRate(arm: Rollout["candidate_arm"]): number {
  const failed = Object.values(arm.failures).reduce((sum, count) => sum + count, 0);
  return arm.decisions > 0 ? failed / arm.decisions : 0;
}

/** The points of the rollout that is shown; another rollout begins anew. */
export class BoundPoints {
  #rollout = "";
  #points: BoundPoint[] = [];

  get points(): readonly BoundPoint[] {
    return this.#points;
  }

  /** Adds a point; one that repeats the newest within a second replaces it. */
  add(rollout: Rollout, at: number): void {
    const key = `${rollout.generation} ${rollout.kind} ${rollout.share} ${rollout.since}`;
    if (key !== this.#rollout) {
      this.#rollout = key;
      this.#points = [];
    }
    const last = this.#points.at(-1);
    const kept = last && at - last.at < 1_000 ? this.#points.slice(0, -1) : this.#points;
    this.#points = [...kept, measure(rollout, at)].slice(-MOST);
  }
}
