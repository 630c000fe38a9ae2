// Steps of a history in words.
import type { HistoryEntry } from "../../api/shapes.ts";
import { common } from "../../i18n/common.ts";
import { texts } from "./texts.ts";

const word = (value: unknown): string => (typeof value === "string" ? value : "");

/** Who did it: an id, or an object with one. */
function actorOf(value: unknown): string {
  if (typeof value === "object" && value !== null && "id" in value) return word((value as { id: unknown }).id);
  return word(value);
}

/** The step of an entry, as one line. */
export function entryText(entry: HistoryEntry): string {
  const { data, kind } = entry;
  const event = texts.text.event;
  const agent = word(data.agent);
  switch (kind) {
    case "offered":
      return event.offered(agent);
    case "accepted":
      return event.accepted(agent);
    case "declined":
      return event.declined(agent);
    case "timed-out":
      return event["timed-out"](agent);
    case "withdrawn":
      return event.withdrawn(agent);
    case "assigned":
      return event.assigned(agent, actorOf(data.by));
    case "returned":
      return event.returned(agent);
    case "transferred":
      return event.transferred(agent || word(data.queue) || targetOf(data));
    case "state-changed":
      return event["state-changed"](common.text.state[word(data.to)] ?? word(data.to));
    case "parked":
      return event.parked;
    case "requeued":
      return event.requeued(actorOf(data.by));
    case "routed":
      return event.routed(targetOf(data));
    case "clock-rang":
      return clockText(data);
    case "triggered":
      return event.triggered(word((data.trigger as { code?: unknown } | undefined)?.code));
    case "alerted":
      return event.alerted(word(data.alert));
    case "noted":
      return event.noted(actorOf(data.by));
    case "file-removed":
      return event["file-removed"](actorOf(data.by));
    case "widened":
      return event.widened;
    case "clocks-changed":
      return event["clocks-changed"];
    case "quarantined":
      return event.quarantined;
    case "reacted":
      return event.reacted;
    case "counters-updated":
      return event["counters-updated"];
    default:
      return event.other(kind);
  }
}

function targetOf(data: Record<string, unknown>): string {
  const route = data.route as { target?: { id?: unknown } } | undefined;
  const to = data.to as { id?: unknown; queue?: unknown; agent?: unknown } | string | undefined;
  if (typeof to === "string") return to;
  return word(route?.target?.id) || word(to?.queue) || word(to?.agent) || word(to?.id);
}

function clockText(data: Record<string, unknown>): string {
  const trigger = data.trigger as { code?: unknown; clock?: unknown } | undefined;
  const clock = word(trigger?.clock);
  const names = common.text.clock as unknown as Record<string, unknown>;
  const name = typeof names[clock] === "string" ? (names[clock] as string) : clock;
  return texts.text.event["clock-rang"](name, trigger?.code === "sla-breached");
}
