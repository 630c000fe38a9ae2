// The heat map of stages and outcomes.
import type { StageStatus } from "./operator_types.ts";
import { OUTCOMES, toneOf } from "./outcomes.ts";

export interface HeatCell {
  readonly outcome: string;
  readonly count: number;
  /** Share of the stage's calls. */
  readonly share: number;
  /** How strong its colour is, 0 to 1: bad outcomes show from the first one on, and fully at their limit. */
  readonly strength: number;
  /** Whether a bad outcome is more often than expected. */
  readonly isAbove: boolean;
}

/** Share of a stage's calls that may end badly, in one way, before it stands out. */
export const EXPECTED = 0.01;

/** What a heat map counts. */
export type StageOutcomes = Pick<StageStatus, "stage" | "outcomes">;

export interface HeatRow {
  readonly stage: string;
  readonly total: number;
  readonly cells: readonly HeatCell[];
}

/** Columns in every heat map, so that they keep their place; others appear with their first count. */
const ALWAYS: readonly string[] = ["ok", "declined", "failed", "timeout", "trapped", "overloaded", "bypassed"];

export function heatColumns(stages: readonly StageOutcomes[]): string[] {
  const seen = new Set(stages.flatMap(({ outcomes }) => Object.keys(outcomes)));
  const known = OUTCOMES.filter((outcome) => ALWAYS.includes(outcome) || seen.has(outcome));
  return [...known, ...[...seen].filter((outcome) => !(OUTCOMES as readonly string[]).includes(outcome))];
}

export function heatRows(stages: readonly StageOutcomes[], columns: readonly string[], expected = EXPECTED): HeatRow[] {
  return stages.map(({ stage, outcomes }) => {
    const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    const cells = columns.map((outcome): HeatCell => {
      const count = outcomes[outcome] ?? 0;
      const share = total > 0 ? count / total : 0;
      const isBad = toneOf(outcome) === "bad" && count > 0;
      // One failure in a thousand calls must be seen; near what is expected it glows.
      const strength = isBad ? 0.2 + 0.8 * Math.min(1, share / expected) : share;
      return { outcome, count, share, strength, isAbove: isBad && share > expected };
    });
    return { stage, total, cells };
  });
}

/** Counts of a histogram as heights from 0 to 1, cut to where something is. */
export function histogram(times: readonly number[], bounds: readonly number[]): { upTo: number | undefined; count: number; height: number }[] {
  const first = times.findIndex((count) => count > 0);
  const last = times.findLastIndex((count) => count > 0);
  if (first < 0) return [];
  const most = Math.max(...times);
  return times.slice(first, last + 1).map((count, index) => ({ upTo: bounds[first + index], count, height: count / most }));
}
