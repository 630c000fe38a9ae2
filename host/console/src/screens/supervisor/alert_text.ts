// Alerts in words.
import type { HistoryEntry } from "../../api/shapes.ts";
import { formatNumber } from "../../i18n/format.ts";
import { alertCode } from "./alert_groups.ts";
import { texts } from "./texts.ts";

type Data = Record<string, unknown>;

const word = (value: unknown): string => (typeof value === "string" ? value : typeof value === "number" ? formatNumber(value) : "");

/** What a code is called. */
export function alertTitle(code: string): string {
  const { codes } = texts.text.alertsPage;
  return Object.hasOwn(codes, code) ? (codes[code] ?? code) : code;
}

/** What an alert says beyond its title. */
export function alertDetail(entry: HistoryEntry): string {
  const t = texts.text.alertsPage;
  const about = (entry.kind === "alerted" ? entry.data.about : entry.data) as Data | undefined;
  if (!about) return "";
  switch (alertCode(entry)) {
    case "nobody-else-fits":
      return t.onlyFits(word(about.agent), word(about.queue));
    case "offered-again":
      return t.again(word(about.agent), word(about.again));
    case "escalation-failed":
    case "breaker-opened":
      return [word(about.plugin), word(about.stage), word(about.outcome)].filter(Boolean).join(" · ");
    case "undeliverable":
      return [about.kind === "uncertain" ? t.uncertain : word(about.kind), word(about.problem), word(about.reply) || word(about.key)].filter(Boolean).join(" · ");
    case "setup-refused":
      return [word(about.file), ...(Array.isArray(about.problems) ? about.problems.map(word) : [])].filter(Boolean).join(" · ");
    case "outbox-stalled":
      return t.stalled(word(about.target), word(about.items));
    case "storage-failed":
      return word(about.error);
    case "quarantined":
      return [word(about.channel), word(about.interaction)].filter(Boolean).join(" · ");
    case "canary-aborted":
    case "rollout-ended":
      return about.generation === undefined ? "" : t.generation(word(about.generation));
    default:
      return Object.entries(about)
        .map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
        .join(" · ");
  }
}
