// Follows the feed of a company over one connection, and reconnects without a gap.
import { serverClock } from "../api/server_clock.ts";
import { ApiProblem, readProblem } from "../api/problem.ts";
import { BackOff } from "./back_off.ts";
import { EventStreamParser } from "./event_stream_parser.ts";
import { type FeedEvent, type LiveSignal, readFeedEvent, readLiveSignal } from "./feed_event.ts";

/** The host sends a comment every 15 s: after two missed ones the connection is dead. */
export const SILENCE_MS = 35_000;
/** How far behind the newest event it is quicker to read everything again. */
const TOO_FAR_BEHIND = 2_000;

/** What a connection tells. */
export interface FeedListener {
  /** Events in order, of one piece of the stream. */
  onEvents(events: readonly FeedEvent[]): void;
  /** Something that is not in the feed. */
  onSignal?(signal: LiveSignal): void;
  /** The connection stands; `resumed`: nothing was missed. */
  onOpen(resumed: boolean): void;
  /** The stream continues after this event. */
  onPosition(after: number): void;
  /** The connection broke; the problem says why, if the host did. */
  onClosed(problem: ApiProblem | undefined): void;
}

/** Follows one address until it is stopped. */
export class FeedConnection {
  readonly #address: string;
  readonly #listener: FeedListener;
  readonly #backOff = new BackOff();
  #lastId: number | undefined;
  /** Whether events may have been missed since the last one that was seen. */
  #gap: boolean;
  #stopped = false;
  #attempt: AbortController | undefined;
  #wake: (() => void) | undefined;

  constructor(address: string, lastId: number | undefined, listener: FeedListener) {
    this.#address = address;
    this.#lastId = lastId;
    this.#gap = lastId === undefined;
    this.#listener = listener;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#attempt?.abort();
    this.#wake?.();
  }

  /** Connects at once if it waits: the network is back, or the page is seen again. */
  retryNow(): void {
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let problem: ApiProblem | undefined;
      try {
        await this.#follow();
      } catch (error) {
        problem = error instanceof ApiProblem ? error : undefined;
      }
      if (this.#stopped) return;
      if (problem?.status === 410) {
        const newest = problem.document.newest ?? /(\d+)\D*$/.exec(problem.document.detail ?? "")?.[1];
        this.#lastId = newest === undefined ? undefined : Number(newest);
        this.#gap = true;
        continue;
      }
      // A number of another journal: the host was set up anew.
      if (problem?.status === 400 && this.#lastId !== undefined) {
        this.#lastId = undefined;
        this.#gap = true;
        continue;
      }
      this.#listener.onClosed(problem);
      // Nobody is signed in any more: the page connects again after sign-in.
      if (problem && (problem.status === 401 || problem.status === 403)) return;
      await this.#pause(this.#backOff.next(problem?.retryAfter));
    }
  }

  async #follow(): Promise<void> {
    const attempt = new AbortController();
    this.#attempt = attempt;
    let silence = setTimeout(() => attempt.abort(), SILENCE_MS);
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), SILENCE_MS);
    };
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (this.#lastId !== undefined) headers["last-event-id"] = String(this.#lastId);
      const askedAt = Date.now();
      const answer = await fetch(this.#address, { headers, signal: attempt.signal, credentials: "same-origin", cache: "no-store" });
      serverClock.observe(answer.headers.get("date"), askedAt, Date.now());
      if (!answer.ok || !answer.body) throw await readProblem(answer);
      heard();
      this.#backOff.reset();
      // A host without `position` events begins at an unknown place: then only what is
      // read after this moment is complete.
      const resumed = this.#lastId !== undefined && !this.#gap;
      this.#gap = this.#lastId === undefined;
      this.#listener.onOpen(resumed);
      await this.#read(answer.body, heard);
    } finally {
      clearTimeout(silence);
      attempt.abort();
    }
  }

  async #read(body: ReadableStream<Uint8Array>, heard: () => void): Promise<void> {
    const parser = new EventStreamParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const events: FeedEvent[] = [];
      for (const { id, event, data } of parser.push(decoder.decode(value, { stream: true }))) {
        if (event === "position") {
          if (!this.#position(Number(id), data)) return;
          continue;
        }
        const signal = readLiveSignal(event, data);
        if (signal) {
          this.#listener.onSignal?.(signal);
          continue;
        }
        const read = readFeedEvent(event, data);
        if (!read) continue;
        this.#lastId = read.feed;
        this.#gap = false;
        events.push(read);
      }
      if (events.length > 0) this.#listener.onEvents(events);
    }
  }

  /** Takes the position that a stream begins with; false if it is too far behind. */
  #position(after: number, data: string): boolean {
    const newest = newestOf(data) ?? after;
    if (!Number.isSafeInteger(after) || !Number.isSafeInteger(newest)) return true;
    if (newest - after > TOO_FAR_BEHIND) {
      this.#lastId = newest;
      this.#gap = true;
      return false;
    }
    this.#lastId = after;
    this.#gap = false;
    this.#listener.onPosition(after);
    return true;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resume) => {
      const timer = setTimeout(resume, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resume();
      };
    });
    this.#wake = undefined;
  }
}

function newestOf(data: string): number | undefined {
  try {
    const { newest } = JSON.parse(data) as { newest?: unknown };
    return typeof newest === "number" ? newest : undefined;
  } catch {
    return undefined;
  }
}
