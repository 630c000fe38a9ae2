// Ranges of time that one chooses by name, and times in fields of forms.

export type RangeName = "hour" | "today" | "yesterday" | "day" | "week" | "all" | "own";

export const RANGES: readonly RangeName[] = ["hour", "today", "yesterday", "day", "week", "all", "own"];

const HOUR_MS = 3_600_000;

export interface TimeRange {
  readonly from?: string;
  readonly to?: string;
}

/** Bounds of a named range; `midnight` is the beginning of today in the zone that is shown. Days have 24 hours. */
export function rangeOf(name: RangeName, now: number, midnight: number): TimeRange {
  const at = (time: number): string => new Date(time).toISOString();
  switch (name) {
    case "hour":
      return { from: at(now - HOUR_MS) };
    case "today":
      return { from: at(midnight) };
    case "yesterday":
      return { from: at(midnight - 24 * HOUR_MS), to: at(midnight) };
    case "day":
      return { from: at(now - 24 * HOUR_MS) };
    case "week":
      return { from: at(now - 7 * 24 * HOUR_MS) };
    case "all":
    case "own":
      return {};
  }
}

/** Beginning of the day of a time in a time zone, in milliseconds. */
export function midnightOf(time: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).formatToParts(time);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Math.floor(time / 1_000) * 1_000 - (value("hour") * 3_600 + value("minute") * 60 + value("second")) * 1_000;
}

/** How far a zone is ahead of UTC at a time, in milliseconds. */
export function zoneOffset(time: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).formatToParts(time);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const local = Date.UTC(value("year"), value("month") - 1, value("day"), value("hour"), value("minute"), value("second"));
  return local - Math.floor(time / 1_000) * 1_000;
}

/** A time of a `datetime-local` field, which is in the zone that is shown; undefined if it is none. */
export function fromField(text: string, zone: string): string | undefined {
  const utc = Date.parse(`${text}Z`);
  if (text === "" || Number.isNaN(utc)) return undefined;
  return new Date(utc - zoneOffset(utc - zoneOffset(utc, zone), zone)).toISOString();
}

/** A time as a `datetime-local` field shows it. */
export function toField(time: string, zone: string): string {
  const at = Date.parse(time);
  return Number.isNaN(at) ? "" : new Date(at + zoneOffset(at, zone)).toISOString().slice(0, 16);
}
