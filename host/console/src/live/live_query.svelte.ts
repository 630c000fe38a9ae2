// A read of the API that stays current: it is repeated when an event says that its answer
// may have changed.
import { type ApiProblem, isAbort, toProblem } from "../api/problem.ts";
import { serverClock } from "../api/server_clock.ts";
import { BackOff } from "./back_off.ts";
import type { FeedEvent } from "./feed_event.ts";
import { live } from "./live.svelte.ts";

/** Shortest time between two reads that events cause. */
const PAUSE_MS = 400;
/** Pause after a failure, before an event may cause the next read. */
const FAILURE_PAUSE_MS = 3_000;

export interface LiveQueryOptions<T> {
  /**
   * Reads the answer. What it reads of stores and properties before its first `await` makes
   * the query read again when it changes; undefined: nothing to read now.
   */
  readonly load: (signal: AbortSignal) => Promise<T> | undefined;
  /**
   * What the answer is about, where that changes while the query lives: an answer about something
   * else is not shown. Default: always the same.
   */
  readonly subject?: () => string | undefined;
  /** Whether an event may have changed the answer. Default: no event does. */
  readonly refreshOn?: (event: FeedEvent) => boolean;
  /** Milliseconds after which it reads again without an event, while the page is seen. */
  readonly every?: number;
}

export class LiveQuery<T> {
  #data = $state.raw<T | undefined>();
  /** What the answer, or the problem, is about. */
  #subject = $state.raw<string | undefined>();
  #problem = $state.raw<ApiProblem | undefined>();
  #loading = $state(false);
  #readAt = $state(0);
  #generation = 0;
  #running: AbortController | undefined;
  #pending: ReturnType<typeof setTimeout> | undefined;
  #due = false;
  #notBefore = 0;
  readonly #backOff = new BackOff();
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #options: LiveQueryOptions<T>;

  constructor(options: LiveQueryOptions<T>) {
    this.#options = options;
  }

  /** The newest answer; it stays while the next one is read. */
  get data(): T | undefined {
    return this.#isCurrent ? this.#data : undefined;
  }
  /** Why the last read failed. */
  get problem(): ApiProblem | undefined {
    return this.#isCurrent ? this.#problem : undefined;
  }
  get loading(): boolean {
    return this.#loading;
  }
  /** Whether there is nothing to show yet. */
  get isFirstLoad(): boolean {
    return this.data === undefined && this.#loading;
  }
  /** When the answer was read, by the host's clock. */
  get readAt(): number {
    return this.#readAt;
  }

  get #isCurrent(): boolean {
    return this.#subject === this.#options.subject?.();
  }

  /** Changes the answer before the host says so; the next read replaces it. */
  update(change: (data: T) => T): void {
    if (this.#data !== undefined && this.#isCurrent) this.#data = change(this.#data);
  }

  /** Drops the answer: it is of something else. */
  forget(): void {
    this.#data = undefined;
  }

  /** Reads again, now. */
  refresh(): Promise<void> {
    return this.#read();
  }

  /** Reads again soon: at once if the last read is some time ago. */
  refreshSoon(): void {
    if (document.hidden) {
      this.#due = true;
      return;
    }
    if (this.#pending) return;
    const wait = Math.max(0, this.#notBefore - Date.now());
    this.#pending = setTimeout(() => {
      this.#pending = undefined;
      void this.#read();
    }, wait);
  }

  /** Starts with the component that owns it, and stops with it. */
  start(): () => void {
    void this.#read();
    const unsubscribe = live.subscribe({
      onEvents: (events) => {
        const { refreshOn } = this.#options;
        if (refreshOn && events.some(refreshOn)) this.refreshSoon();
      },
      onGap: () => this.refreshSoon(),
    });
    const onVisible = (): void => {
      if (document.hidden || !this.#due) return;
      this.#due = false;
      this.refreshSoon();
    };
    document.addEventListener("visibilitychange", onVisible);
    const { every } = this.#options;
    const timer = every ? setInterval(() => this.refreshSoon(), every) : undefined;
    return () => {
      unsubscribe();
      document.removeEventListener("visibilitychange", onVisible);
      clearInterval(timer);
      clearTimeout(this.#pending);
      clearTimeout(this.#retry);
      this.#pending = undefined;
      this.#running?.abort();
    };
  }

  async #read(): Promise<void> {
    this.#running?.abort();
    clearTimeout(this.#retry);
    const attempt = new AbortController();
    this.#running = attempt;
    const generation = ++this.#generation;
    const subject = this.#options.subject?.();
    try {
      const answer = this.#options.load(attempt.signal);
      if (!answer) {
        this.#loading = false;
        return;
      }
      this.#loading = true;
      const data = await answer;
      if (generation !== this.#generation) return;
      this.#data = data;
      this.#subject = subject;
      this.#problem = undefined;
      this.#backOff.reset();
      this.#readAt = serverClock.now();
      this.#notBefore = Date.now() + PAUSE_MS;
    } catch (error) {
      if (isAbort(error) || generation !== this.#generation) return;
      this.#problem = toProblem(error);
      // What stays shown beside a problem is about the same.
      if (this.#subject !== subject) this.#data = undefined;
      this.#subject = subject;
      this.#notBefore = Date.now() + Math.max(FAILURE_PAUSE_MS, (this.#problem.retryAfter ?? 0) * 1_000);
      // No event may come that would have it read again.
      if (this.#problem.isTemporary) this.#retry = setTimeout(() => this.refreshSoon(), this.#backOff.next(this.#problem.retryAfter));
    } finally {
      if (generation === this.#generation) this.#loading = false;
    }
  }
}

/** A live query of a component: it reads again when what `load` depends on changes. */
export function liveQuery<T>(options: LiveQueryOptions<T>): LiveQuery<T> {
  const query = new LiveQuery(options);
  $effect(() => query.start());
  return query;
}
