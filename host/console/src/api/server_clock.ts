// The host's clock. Deadlines are the host's: they count down by its time, however wrong the
// clock of this machine is.

/** Answers kept to estimate the difference. */
const SAMPLES = 8;
/** A `Date` header has whole seconds: half of one is the expected error. */
const HEADER_ERROR_MS = 500;

/** Events arrive within seconds: a time further away is of another clock. */
const OWN_CLOCK_MS = 120_000;

/** Estimates how far this machine's clock is from the host's, from the `Date` of answers. */
export class ServerClock {
  #samples: { skew: number; roundTrip: number }[] = [];
  #skew = 0;
  #deskSkew: number | undefined;

  /** Milliseconds to add to this machine's time. */
  get skew(): number {
    return this.#skew;
  }

  /** The host's time, in milliseconds since 1970. */
  now(): number {
    return Date.now() + (this.#deskSkew ?? this.#skew);
  }

  /** The time of the host's machine, by which sessions end: a demo's desk may run by another clock. */
  wallNow(): number {
    return Date.now() + this.#skew;
  }

  /**
   * Takes a time of the host's desk that is now: it differs from the `Date` of answers where
   * the desk runs by a clock of its own, as a demo does.
   */
  observeHost(time: string): void {
    const told = Date.parse(time);
    if (Number.isNaN(told)) return;
    const skew = told - Date.now();
    const isOwnClock = Math.abs(skew - this.#skew) > OWN_CLOCK_MS;
    this.#deskSkew = isOwnClock ? skew : undefined;
  }

  /** Takes the `Date` header of an answer, and when it was asked for and answered. */
  observe(date: string | null, askedAt: number, answeredAt: number): void {
    const told = date ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(told)) return;
    const roundTrip = answeredAt - askedAt;
    const skew = told + HEADER_ERROR_MS - (askedAt + roundTrip / 2);
    this.#samples.push({ skew, roundTrip });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    const best = this.#samples.reduce((a, b) => (b.roundTrip <= a.roundTrip ? b : a));
    const isSmall = Math.abs(best.skew) <= HEADER_ERROR_MS + best.roundTrip;
    const wanted = isSmall ? 0 : best.skew;
    // A second's rounding must not make countdowns jump.
    if (Math.abs(wanted - this.#skew) > 1_000) this.#skew = wanted;
  }
}

export const serverClock = new ServerClock();
