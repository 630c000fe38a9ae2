// What waits for a supervisor or operator, and which events of the feed may change it.
import type { FeedEvent } from "../../live/feed_event.ts";

/** What is counted. */
export type Waiting = "approvals" | "alerts" | "incidents" | "missed";

export interface AttentionSource {
  readonly what: Waiting;
  /** The screen that shows it. */
  readonly pattern: string;
  /** The operation that counts it. */
  readonly needs: string;
  /** Shortest time between two reads: what may change it happens often, or seldom. */
  readonly pauseMs: number;
  readonly mayChange: (event: FeedEvent) => boolean;
}

const HELD = ["reply-held", "reply-approved", "reply-rejected", "reply-published", "reply-stale", "reply-taken-back", "contact-erased"];
const ALERTS = ["alerted", "quarantined", "breaker-opened", "bypassed", "alert-acknowledged"];
const SECOND_MS = 1_000;

const entersOrLeaves = ({ kind, data }: FeedEvent, state: string): boolean => kind === "state-changed" && (data.to === state || data.from === state);

export const SOURCES: readonly AttentionSource[] = [
  { what: "approvals", pattern: "/approvals", needs: "approvals", pauseMs: 2 * SECOND_MS, mayChange: (event) => HELD.includes(event.kind) || entersOrLeaves(event, "awaiting-approval") },
  { what: "alerts", pattern: "/alerts", needs: "alerts", pauseMs: 2 * SECOND_MS, mayChange: ({ kind }) => ALERTS.includes(kind) },
  // Policies open incidents when they decide; no event tells of that alone.
  { what: "incidents", pattern: "/incidents", needs: "incidents", pauseMs: 60 * SECOND_MS, mayChange: ({ kind }) => ["incident-changed", "received", "triggered", "clock-rang"].includes(kind) },
  // A clock rings when its target is over; what is resolved is missed no more.
  { what: "missed", pattern: "/floor", needs: "conversations", pauseMs: 15 * SECOND_MS, mayChange: (event) => event.kind === "clock-rang" || event.kind === "clocks-changed" || entersOrLeaves(event, "resolved") },
];
