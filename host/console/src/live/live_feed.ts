// The feed of a company for all tabs of a browser. One tab, the leader, follows the host;
// the others hear from it. Browsers open six connections to a host, and twelve tabs would
// block each other otherwise.
import type { ApiProblem } from "../api/problem.ts";
import { FeedConnection } from "./feed_connection.ts";
import type { FeedEvent, LiveSignal } from "./feed_event.ts";

/** How far the feed is from the host. */
export type FeedState = "connecting" | "live" | "broken" | "signed-out";

type Message =
  | { readonly type: "hello" }
  | { readonly type: "events"; readonly events: readonly FeedEvent[] }
  | { readonly type: "signal"; readonly signal: LiveSignal }
  | { readonly type: "state"; readonly state: FeedState; readonly lastId: number | undefined; readonly resumed: boolean };

/** Whoever reads what the feed says. */
export interface FeedSubscriber {
  /** New events, in order, at most once per frame. */
  onEvents?(events: readonly FeedEvent[]): void;
  /** Something that is not in the feed. */
  onSignal?(signal: LiveSignal): void;
  /** Events were missed: what is shown must be read again. */
  onGap?(): void;
  /** The connection changed. */
  onState?(state: FeedState): void;
}

export class LiveFeed {
  readonly #subscribers = new Set<FeedSubscriber>();
  readonly #channel: BroadcastChannel;
  readonly #address: string;
  readonly #ended = new AbortController();
  #connection: FeedConnection | undefined;
  #state: FeedState = "connecting";
  #lastId: number | undefined;
  #waiting: FeedEvent[] = [];
  #frame = 0;

  /** Follows `address`; `name` tells feeds of the same person and company from others. */
  constructor(address: string, name: string) {
    this.#address = address;
    this.#channel = new BroadcastChannel(`patchbay-feed:${name}`);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Message);
    this.#say({ type: "hello" });
    const { signal } = this.#ended;
    const lead = (): Promise<void> => this.#lead();
    // Pages that are not secure have no locks: each tab then follows the host itself.
    if (navigator.locks) navigator.locks.request(`patchbay-feed:${name}`, { signal }, lead).catch(() => {});
    else void lead();
    window.addEventListener("online", this.#retry, { signal });
    document.addEventListener("visibilitychange", this.#retry, { signal });
  }

  get state(): FeedState {
    return this.#state;
  }

  /** Number of the newest event that arrived; what is read now reflects at least that. */
  get position(): number {
    return this.#lastId ?? 0;
  }

  /** Whether this tab follows the host for all. */
  get isLeader(): boolean {
    return this.#connection !== undefined;
  }

  subscribe(subscriber: FeedSubscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  stop(): void {
    this.#ended.abort();
    this.#connection?.stop();
    this.#channel.close();
    cancelAnimationFrame(this.#frame);
  }

  #retry = (): void => {
    if (!document.hidden) this.#connection?.retryNow();
  };

  /** Follows the host until this tab closes. */
  #lead(): Promise<void> {
    return new Promise((finish) => {
      if (this.#ended.signal.aborted) return finish();
      this.#ended.signal.addEventListener("abort", () => finish());
      this.#connection = new FeedConnection(this.#address, this.#lastId, {
        onOpen: (resumed) => this.#enter("live", resumed, true),
        onPosition: (after) => {
          this.#lastId = Math.max(this.#lastId ?? 0, after);
        },
        onEvents: (events) => {
          this.#say({ type: "events", events });
          this.#take(events);
        },
        onSignal: (signal) => {
          this.#say({ type: "signal", signal });
          this.#signal(signal);
        },
        onClosed: (problem) => this.#enter(stateOf(problem), true, true),
      });
    });
  }

  #hear(message: Message): void {
    if (message.type === "hello") {
      if (this.isLeader) this.#tell(false);
    } else if (this.isLeader) {
      return;
    } else if (message.type === "events") {
      this.#take(message.events);
    } else if (message.type === "signal") {
      this.#signal(message.signal);
    } else {
      const missed = message.lastId !== undefined && this.#lastId !== undefined && message.lastId > this.#lastId;
      this.#lastId = message.lastId ?? this.#lastId;
      const isNew = this.#state !== "live" && message.state === "live";
      this.#enter(message.state, message.resumed || (!isNew && !missed), false);
    }
  }

  #enter(state: FeedState, resumed: boolean, tell: boolean): void {
    this.#state = state;
    if (tell) this.#tell(resumed);
    for (const subscriber of this.#subscribers) subscriber.onState?.(state);
    if (state === "live" && !resumed) for (const subscriber of this.#subscribers) subscriber.onGap?.();
  }

  #signal(signal: LiveSignal): void {
    for (const subscriber of this.#subscribers) subscriber.onSignal?.(signal);
  }

  #tell(resumed: boolean): void {
    this.#say({ type: "state", state: this.#state, lastId: this.#lastId, resumed });
  }

  #say(message: Message): void {
    this.#channel.postMessage(message);
  }

  /** Collects events and hands them on once per frame; at once in a hidden tab, which has no frames. */
  #take(events: readonly FeedEvent[]): void {
    this.#lastId = events.at(-1)?.feed ?? this.#lastId;
    this.#waiting.push(...events);
    if (document.hidden) this.#flush();
    else this.#frame ||= requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const events = this.#waiting;
    this.#waiting = [];
    if (events.length === 0) return;
    for (const subscriber of this.#subscribers) subscriber.onEvents?.(events);
  }
}

function stateOf(problem: ApiProblem | undefined): FeedState {
  return problem?.status === 401 || problem?.status === 403 ? "signed-out" : "broken";
}
