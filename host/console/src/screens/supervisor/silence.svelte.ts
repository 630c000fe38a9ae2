// Since when agents do not respond, as far as the feed told while the console was open.
import { live } from "../../live/live.svelte.ts";

/** Time of the offer that an agent let time out last, by agent. */
class SilenceLog {
  #since = $state.raw<ReadonlyMap<string, string>>(new Map());

  /** Listens until the returned function is called. */
  start(): () => void {
    return live.subscribe({
      onEvents: (events) => {
        const rows = events.filter(({ kind, data }) => kind === "timed-out" && data.agent);
        if (rows.length === 0) return;
        const since = new Map(this.#since);
        for (const { at, data } of rows) since.set(data.agent!, at);
        this.#since = since;
      },
    });
  }

  since(agent: string): string | undefined {
    return this.#since.get(agent);
  }
}

export const silenceLog = new SilenceLog();
