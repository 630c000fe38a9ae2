/** Shortest and longest pause between attempts to connect. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Pauses between attempts: twice as long each time, with jitter, so that pages do not come back in step. */
export class BackOff {
  #failures = 0;

  /** The next pause; at least what the host asked for. */
  next(retryAfterSeconds = 0, random: () => number = Math.random): number {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    const jittered = longest / 2 + (longest / 2) * random();
    return Math.max(jittered, retryAfterSeconds * 1_000);
  }

  /** A connection succeeded. */
  reset(): void {
    this.#failures = 0;
  }
}
