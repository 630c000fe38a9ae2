// Numbers, times and names as the language writes them. Every time is in one zone.
import { preferences } from "../shell/preferences.svelte.ts";

type Cached<T> = (options: Intl.DateTimeFormatOptions | Intl.NumberFormatOptions) => T;

/** Formatters are slow to make: one per language, zone and form. */
function cache<T>(make: (language: string, options: object) => T): Cached<T> {
  const known = new Map<string, T>();
  return (options) => {
    const zone = preferences.zone;
    const key = `${preferences.language} ${zone} ${JSON.stringify(options)}`;
    let formatter = known.get(key);
    if (!formatter) {
      formatter = make(preferences.language, options);
      known.set(key, formatter);
    }
    return formatter;
  };
}

const dates = cache((language, options) => new Intl.DateTimeFormat(language, { timeZone: preferences.zone, ...options }));
const numbers = cache((language, options) => new Intl.NumberFormat(language, options));
const relatives = cache((language) => new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }));
const plurals = cache((language) => new Intl.PluralRules(language));
const lists = cache((language) => new Intl.ListFormat(language));
const names = cache((language, options) => new Intl.DisplayNames(language, options as Intl.DisplayNamesOptions));

const asDate = (time: string | number): Date => new Date(time);

/** `14:02`, or `14:02:31` with seconds. */
export function formatClock(time: string | number, seconds = false): string {
  const second = seconds ? ({ second: "2-digit" } as const) : {};
  return dates({ hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...second }).format(asDate(time));
}

/** `2 Mar`, with the year if it is another. */
export function formatDay(time: string | number, now: number): string {
  const isThisYear = new Date(now).getFullYear() === asDate(time).getFullYear();
  return dates({ day: "numeric", month: "short", ...(isThisYear ? {} : { year: "numeric" }) }).format(asDate(time));
}

/** `Monday, 2 March 2026`. */
export function formatLongDay(time: string | number): string {
  return dates({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(asDate(time));
}

/** The whole time with its zone, as a hint shows it. */
export function formatFull(time: string | number): string {
  return dates({ dateStyle: "medium", timeStyle: "long", hourCycle: "h23" }).format(asDate(time));
}

/** Whether two times are on the same day of the zone. */
export function isSameDay(a: string | number, b: string | number): boolean {
  const day = dates({ dateStyle: "short" });
  return day.format(asDate(a)) === day.format(asDate(b));
}

/** Today the time, before that the day. */
export function formatShort(time: string | number, now: number): string {
  return isSameDay(time, now) ? formatClock(time) : formatDay(time, now);
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** `in 5 min`, `2 hr ago`. */
export function formatRelative(time: string | number, now: number): string {
  const ms = asDate(time).getTime() - now;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(ms) >= size) ?? ["second", 1_000];
  return relatives({}).format(Math.trunc(ms / size), unit);
}

/** How long: `1:59`, `12 min`, `3 h 20 min`, `4 d`. Short, for columns. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(Math.abs(ms) / 1_000));
  const pad = (value: number): string => String(value).padStart(2, "0");
  const [h, min, d] = preferences.language === "de" ? ["Std.", "Min.", "T"] : ["h", "min", "d"];
  if (seconds < 600) return `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${min}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} ${h} ${minutes % 60} ${min}` : `${hours} ${h}`;
  return `${Math.floor(hours / 24)} ${d}`;
}

/** Microseconds: `420 µs`, `1.3 ms`. */
export function formatMicros(micros: number): string {
  if (micros < 1_000) return `${formatNumber(micros)} µs`;
  return `${numbers({ maximumSignificantDigits: 3 }).format(micros / 1_000)} ms`;
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  return numbers(options).format(value);
}

/** A share of 1 as `12.5 %`. */
export function formatShare(share: number, digits = 1): string {
  return numbers({ style: "percent", maximumFractionDigits: digits }).format(share);
}

/** `12k`, for reach and counts in rows. */
export function formatCompact(value: number): string {
  return numbers({ notation: "compact", maximumFractionDigits: 1 }).format(value);
}

export function formatBytes(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(3, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return numbers({ style: "unit", unit: units[step] ?? "byte", unitDisplay: "short", maximumFractionDigits: 1 }).format(bytes / 1_000 ** step);
}

export function formatList(items: readonly string[]): string {
  return lists({}).format(items);
}

/** The name of a language, such as `German` of `de`; the tag itself if it has none. */
export function languageName(tag: string): string {
  try {
    return names({ type: "language" } as object).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** The form of a text for a number: `one` where the language says so, else `other`. */
export function plural(count: number, forms: { one: string; other: string }): string {
  return plurals({}).select(count) === "one" ? forms.one : forms.other;
}
