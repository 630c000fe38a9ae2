// The time of a page of statistics, as it stands in the address, and what is shown of it.
import type { components } from "../../api/schema.ts";

export type StatisticsDocument = components["schemas"]["StatisticsDocument"];
type Row = StatisticsDocument["totals"][number];

export type StatisticsRange = "day" | "week" | "month" | "year" | "own";
export const STATISTICS_RANGES: readonly StatisticsRange[] = ["day", "week", "month", "year", "own"];

export type StatisticsStep = "5m" | "hour" | "day";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LENGTHS: Record<Exclude<StatisticsRange, "own">, number> = { day: DAY_MS, week: 7 * DAY_MS, month: 31 * DAY_MS, year: 365 * DAY_MS };

export interface StatisticsTime {
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly step: StatisticsStep;
}

/** Length of the buckets for a time: at most a few hundred of them. */
export function stepOf(ms: number): StatisticsStep {
  if (ms <= 12 * HOUR_MS) return "5m";
  return ms <= 14 * DAY_MS ? "hour" : "day";
}

/**
 * The time of a range; of an own one the bounds that the person gave. Undefined where these are
 * missing or the wrong way round.
 */
export function timeOf(range: StatisticsRange, now: number, own: { readonly from?: string | undefined; readonly to?: string | undefined }): StatisticsTime | undefined {
  if (range !== "own") {
    const length = LENGTHS[range];
    return { from: new Date(now - length).toISOString(), to: new Date(now).toISOString(), step: stepOf(length) };
  }
  const from = own.from === undefined ? Number.NaN : Date.parse(own.from);
  const to = own.to === undefined ? now : Date.parse(own.to);
  if (Number.isNaN(from) || Number.isNaN(to) || to <= from) return undefined;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step: stepOf(to - from) };
}

export interface LevelPoint {
  /** Start of the bucket, in milliseconds. */
  readonly at: number;
  readonly met: number;
  readonly late: number;
  /** `met` of both; null where nothing was answered. */
  readonly level: number | null;
}

/** Service level of a row. */
export function levelOf(row: Row | undefined): number | null {
  const clock = row?.work?.clocks.first_response;
  return clock?.share_met ?? null;
}

/** The service level over time, of one queue or of all together. */
export function levelPoints(statistics: StatisticsDocument, queue: string | undefined): LevelPoint[] {
  return statistics.buckets.map(({ start, rows }) => {
    let [met, late] = [0, 0];
    for (const row of rows) {
      if (queue !== undefined && row.key !== queue) continue;
      met += row.work?.clocks.first_response.met ?? 0;
      late += row.work?.clocks.first_response.late ?? 0;
    }
    return { at: Date.parse(start), met, late, level: met + late > 0 ? met / (met + late) : null };
  });
}
