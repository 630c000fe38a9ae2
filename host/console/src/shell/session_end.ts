// When a session ends, and what keeps it. No page is read here: it is called with what happens.

/** When a session ends, in milliseconds since 1970 by the host's clock. */
export interface SessionEnds {
  /** Unless the person does something before. */
  readonly idle: number | undefined;
  /** At the latest. */
  readonly last: number | undefined;
}

/** The end that comes first. */
export interface NextEnd {
  /** Whether the person can still move it by doing something. */
  readonly kind: "idle" | "last";
  readonly at: number;
}

/** Warn so long before a session ends. */
export const WARN_MS = 120_000;
/** Milliseconds before the end at which screen readers hear of it. */
export const ANNOUNCE_MS: readonly number[] = [120_000, 60_000, 30_000, 10_000];
/** What the person does is told at most so often. */
export const KEEP_MS = 120_000;
/** After a failure it is tried again so much later. */
const RETRY_MS = 10_000;

export function nextEnd({ idle, last }: SessionEnds): NextEnd | undefined {
  if (idle !== undefined && (last === undefined || idle < last)) return { kind: "idle", at: idle };
  return last === undefined ? undefined : { kind: "last", at: last };
}

/** Tells the host that the person does something: at most every two minutes, and at once while a warning is shown. */
export class SessionKeeper {
  readonly #keep: () => Promise<void>;
  readonly #now: () => number;
  #notBefore = 0;
  #isRunning = false;

  /** `now` is any clock that only goes forward. */
  constructor(keep: () => Promise<void>, now: () => number) {
    this.#keep = keep;
    this.#now = now;
  }

  /** Another tab told the host just now. */
  kept(): void {
    this.#notBefore = this.#now() + KEEP_MS;
  }

  /** The person pressed a key, or moved or pressed the pointer. */
  async active(isWarned: boolean): Promise<void> {
    if (this.#isRunning || (!isWarned && this.#now() < this.#notBefore)) return;
    this.#isRunning = true;
    try {
      await this.#keep();
      this.kept();
    } catch {
      this.#notBefore = this.#now() + RETRY_MS;
    } finally {
      this.#isRunning = false;
    }
  }
}
