// The person's own presence, on every screen. It is set by hand only; closing a tab changes nothing.
import type { Presence } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { LiveQuery } from "../../live/live_query.svelte.ts";
import { notices } from "../../shell/notices.svelte.ts";
import { session } from "../../shell/session.svelte.ts";
import { offerBook } from "./offer_book.svelte.ts";

const LOAD_KINDS = ["accepted", "assigned", "offered", "declined", "timed-out", "withdrawn", "returned", "transferred", "parked", "requeued", "state-changed"];

class OwnPresence {
  /** The person as the host knows them. */
  readonly agent = new LiveQuery({
    load: (signal) => {
      const { company, agent } = session;
      return agent ? api.get("/v1/companies/{company}/agents/{agent}", { path: { company, agent }, signal }) : undefined;
    },
    refreshOn: ({ kind, data }) => (kind === "presence-changed" && data.agent === session.agent) || LOAD_KINDS.includes(kind),
  });
  #wanted = $state<Presence | undefined>();

  /** What it is, or will be when the host has answered. */
  get value(): Presence {
    return this.#wanted ?? this.agent.data?.presence ?? "offline";
  }

  /** Whether an offer timed out: the person gets no offers until they say that they are there. */
  get isSilent(): boolean {
    return this.agent.data?.not_responding === true && this.#wanted === undefined;
  }

  /** Follows the feed until the returned function is called. */
  start(): () => void {
    return this.agent.start();
  }

  async set(presence: Presence): Promise<void> {
    const { company, agent } = session;
    if (!agent) return;
    this.#wanted = presence;
    try {
      await api.put("/v1/companies/{company}/agents/{agent}/presence", { path: { company, agent }, body: { presence } });
      await this.agent.refresh();
      void offerBook.read();
    } catch (error) {
      notices.problem(error);
    } finally {
      this.#wanted = undefined;
    }
  }
}

export const ownPresence = new OwnPresence();
