// Bounds how many requests are in flight, and merges identical reads.

/** Requests in flight at most: browsers open six connections, and the feed holds one. */
const IN_FLIGHT = 4;

interface Waiting {
  readonly start: () => void;
  readonly urgent: boolean;
}

/** Runs tasks, at most four at a time; what a person waits for goes first. */
export class RequestQueue {
  #running = 0;
  #waiting: Waiting[] = [];
  #reads = new Map<string, Promise<unknown>>();

  /** Runs a task when there is room for it. */
  async run<T>(task: () => Promise<T>, urgent = false): Promise<T> {
    if (this.#running >= IN_FLIGHT) {
      await new Promise<void>((start) => {
        const place = urgent ? this.#waiting.findIndex((it) => !it.urgent) : -1;
        const at = place < 0 ? this.#waiting.length : place;
        this.#waiting.splice(at, 0, { start, urgent });
      });
    }
    this.#running += 1;
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.start();
    }
  }

  /** Runs a read, or joins the same read that still waits or runs. */
  read<T>(key: string, task: () => Promise<T>): Promise<T> {
    const known = this.#reads.get(key);
    if (known) return known as Promise<T>;
    const read = this.run(task).finally(() => this.#reads.delete(key));
    this.#reads.set(key, read);
    return read;
  }
}
