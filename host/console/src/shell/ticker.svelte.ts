import { serverClock } from "../api/server_clock.ts";

/** The host's time for all countdowns and ages of the page: one timer, stopped while the page is hidden. */
class Ticker {
  #now = $state(serverClock.now());
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    const run = (): void => {
      clearInterval(this.#timer);
      this.#timer = undefined;
      if (document.hidden) return;
      this.#now = serverClock.now();
      this.#timer = setInterval(() => (this.#now = serverClock.now()), 1_000);
    };
    document.addEventListener("visibilitychange", run);
    run();
  }

  /** Reads the clock at once, after it was set. */
  refresh(): void {
    this.#now = serverClock.now();
  }

  /** Milliseconds since 1970, by the host's clock; changes once a second. */
  get now(): number {
    return this.#now;
  }
}

export const ticker = new Ticker();
