// Events of a company's feed. They hold codes and numbers; words are read with requests.
import type { Viewer } from "../api/shapes.ts";

/** An event of the feed. */
export interface FeedEvent {
  /** Its number in the company's feed. */
  readonly feed: number;
  /** Its kind, as `docs/desk.md` lists them. The set grows. */
  readonly kind: string;
  /** The conversation it is about; absent for one of the company. */
  readonly conversation?: string;
  /** When it happened. */
  readonly at: string;
  readonly data: EventData;
}

/** Who did something. */
export interface EventActor {
  readonly id: string;
  readonly role: string;
}

/** Members of events that the console reads. */
export interface EventData {
  readonly agent?: string;
  readonly offer?: number;
  readonly deadline?: string;
  readonly again?: number;
  readonly from?: string;
  readonly to?: string;
  readonly by?: EventActor | string;
  readonly reply?: string;
  readonly state?: string;
  readonly previous?: string;
  readonly [member: string]: unknown;
}

/** What is not in the feed and has no number: it may be missed, and the next read shows it. */
export type LiveSignal =
  | { readonly kind: "viewers"; readonly conversation: string; readonly viewers: readonly Viewer[] }
  | { readonly kind: "seen"; readonly conversation: string; readonly seen: number };

/** The signal of an event without a number; undefined if it is none. */
export function readLiveSignal(kind: string, text: string): LiveSignal | undefined {
  if (kind !== "viewers" && kind !== "seen") return undefined;
  try {
    const { conversation, viewers, seen } = JSON.parse(text) as Record<string, unknown>;
    if (typeof conversation !== "string") return undefined;
    if (kind === "viewers") return Array.isArray(viewers) ? { kind, conversation, viewers: viewers as Viewer[] } : undefined;
    return typeof seen === "number" ? { kind, conversation, seen } : undefined;
  } catch {
    return undefined;
  }
}

/** The event of a CloudEvents document; undefined if it is none. */
export function readFeedEvent(kind: string, text: string): FeedEvent | undefined {
  try {
    const document = JSON.parse(text) as Record<string, unknown>;
    const feed = Number(document.id);
    if (!Number.isSafeInteger(feed) || typeof document.time !== "string") return undefined;
    const data = (document.data ?? {}) as EventData;
    const subject = document.subject;
    const about = typeof subject === "string" ? { conversation: subject } : {};
    return { feed, kind, at: document.time, data, ...about };
  } catch {
    return undefined;
  }
}
