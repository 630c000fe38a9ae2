// The feed and the stores of the company that is shown.
import type { Summary } from "../api/shapes.ts";
import { address } from "../api/client.ts";
import { serverClock } from "../api/server_clock.ts";
import { conversationRules } from "./conversation_rules.ts";
import { EntityStore } from "./entity_store.ts";
import type { FeedEvent, LiveSignal } from "./feed_event.ts";
import { type FeedState, type FeedSubscriber, LiveFeed } from "./live_feed.ts";

/** Events that arrive so soon after a connection may be old: they say nothing about the time. */
const BACKLOG_MS = 3_000;

class Live {
  #feed: LiveFeed | undefined;
  #state = $state<FeedState>("connecting");
  #liveUntil = $state(0);
  #openedAt = 0;
  #version = $state(0);
  readonly #subscribers = new Set<FeedSubscriber>();
  /** Rows of conversations, by id. Read them with `conversation`. */
  readonly #conversations = new EntityStore<Summary>(conversationRules);
  #frame = 0;

  constructor() {
    this.#conversations.onChange = () => this.#touch();
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Until when what is shown is known to be complete; only while the feed is broken. */
  get asOf(): number {
    return this.#liveUntil;
  }

  /** Number of the newest event that arrived. Take it before a read, and give it to `put`. */
  get position(): number {
    return this.#feed?.position ?? 0;
  }

  get isLeader(): boolean {
    return this.#feed?.isLeader ?? false;
  }

  /**
   * Follows the feed of a company for a person. An agent's has only what is about their own
   * conversations, those that they are offered, and the company. `signals` names the person
   * where they want what is not in the feed, too.
   */
  follow(company: string, person: string, agent?: string, signals?: { readonly by?: string }): void {
    this.stop();
    const target = address("/v1/companies/{company}/events", { company }, { agent, ...(signals ? { signals: true, ...signals } : {}) });
    this.#feed = new LiveFeed(target, `${company}:${person}`);
    this.#feed.subscribe({
      onEvents: (events) => this.#take(events),
      onSignal: (signal) => this.#signal(signal),
      onGap: () => {
        for (const subscriber of this.#subscribers) subscriber.onGap?.();
      },
      onState: (state) => {
        if (this.#state === "live" && state !== "live") this.#liveUntil = serverClock.now();
        if (state === "live") this.#openedAt = Date.now();
        this.#state = state;
        for (const subscriber of this.#subscribers) subscriber.onState?.(state);
      },
    });
  }

  stop(): void {
    this.#feed?.stop();
    this.#feed = undefined;
    this.#state = "connecting";
    this.#conversations.clear();
  }

  /** Hears events until the returned function is called. */
  subscribe(subscriber: FeedSubscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** The row of a conversation, as answers and events have it. */
  conversation(id: string): Summary | undefined {
    void this.#version;
    return this.#conversations.get(id);
  }

  /** Takes rows of an answer that was asked for at a position of the feed. */
  putConversations(rows: readonly Summary[], asOf: number): void {
    for (const row of rows) this.#conversations.put(row.id, row, asOf);
  }

  /** The person has read a conversation up to an entry. */
  markSeen(id: string, seen: number): void {
    this.#conversations.patch(id, (row) => ({
      ...row,
      seen: Math.max(seen, row.seen ?? 0),
      ...(row.unread && seen >= row.sequence ? { unread: false } : {}),
    }));
  }

  #signal(signal: LiveSignal): void {
    if (signal.kind === "seen") this.markSeen(signal.conversation, signal.seen);
    else this.#conversations.patch(signal.conversation, (row) => ({ ...row, viewers: [...signal.viewers] }));
    for (const subscriber of this.#subscribers) subscriber.onSignal?.(signal);
  }

  #take(events: readonly FeedEvent[]): void {
    const last = events.at(-1);
    if (last && Date.now() - this.#openedAt > BACKLOG_MS) serverClock.observeHost(last.at);
    for (const event of events) {
      if (event.conversation) this.#conversations.apply(event.conversation, event);
    }
    for (const subscriber of this.#subscribers) subscriber.onEvents?.(events);
  }

  /** Lets views read again, once per frame. */
  #touch(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#version += 1;
    });
  }
}

export const live = new Live();
