// The offers to the person, on every screen. Events change them at once; a read confirms.
import { untrack } from "svelte";
import type { Offer, Summary } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { ApiProblem, isAbort, toProblem } from "../../api/problem.ts";
import { serverClock } from "../../api/server_clock.ts";
import { BackOff } from "../../live/back_off.ts";
import type { FeedEvent } from "../../live/feed_event.ts";
import { live } from "../../live/live.svelte.ts";
import { notices } from "../../shell/notices.svelte.ts";
import { session } from "../../shell/session.svelte.ts";
import { texts } from "./texts.ts";

class OfferBook {
  #offers = $state.raw<readonly Offer[]>([]);
  #rows = $state.raw<ReadonlyMap<string, Summary>>(new Map());
  /** Offers that are being answered. */
  #busy = $state.raw<ReadonlySet<number>>(new Set());
  /** Numbers of offers that are over: a late read must not bring them back. */
  readonly #over = new Set<number>();
  #problem = $state.raw<ApiProblem | undefined>();
  readonly #backOff = new BackOff();
  #retry: ReturnType<typeof setTimeout> | undefined;
  #reading: AbortController | undefined;
  #again = false;

  /** Open offers, the one that ends first at the top. */
  get offers(): readonly Offer[] {
    return this.#offers;
  }

  /** Why the open offers could not be read: there may be some that are not shown. */
  get problem(): ApiProblem | undefined {
    return this.#problem;
  }

  row(conversation: string): Summary | undefined {
    return live.conversation(conversation) ?? this.#rows.get(conversation);
  }

  isBusy(offer: Offer): boolean {
    return this.#busy.has(offer.id);
  }

  /** The offer of a conversation, if it is offered to the person. */
  of(conversation: string): Offer | undefined {
    return this.#offers.find((offer) => offer.conversation === conversation);
  }

  /** Follows the feed until the returned function is called. */
  start(): () => void {
    return untrack(() => this.#start());
  }

  #start(): () => void {
    this.#offers = [];
    this.#over.clear();
    this.#problem = undefined;
    this.#backOff.reset();
    void this.read();
    const unsubscribe = live.subscribe({ onEvents: (events) => this.#take(events), onGap: () => void this.read() });
    return () => {
      unsubscribe();
      clearTimeout(this.#retry);
      this.#again = false;
      this.#reading?.abort();
      this.#reading = undefined;
    };
  }

  /** Reads the open offers; after a failure again, until it succeeds. */
  async read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const attempt = new AbortController();
    this.#reading = attempt;
    try {
      await this.#readOffers(attempt.signal);
    } catch (error) {
      if (attempt.signal.aborted || isAbort(error)) return;
      this.#problem = toProblem(error);
      // After sign-in the feed begins again, and with it the offers are read.
      if (this.#problem.status !== 401) this.#retry = setTimeout(() => void this.read(), this.#backOff.next(this.#problem.retryAfter));
    } finally {
      if (this.#reading === attempt) {
        this.#reading = undefined;
        const isAgain = this.#again && this.#retry === undefined;
        this.#again = false;
        if (isAgain) void this.read();
      }
    }
  }

  async #readOffers(signal: AbortSignal): Promise<void> {
    const { company, agent } = session;
    const before = new Set(this.#offers.map(({ id }) => id));
    const { offers } = await api.get("/v1/companies/{company}/offers", { path: { company }, query: agent ? { agent } : {}, signal });
    if (signal.aborted) return;
    this.#problem = undefined;
    this.#backOff.reset();
    // What an event told while the host answered is newer than the answer.
    const told = this.#offers.filter(({ id }) => !before.has(id) && !offers.some((offer) => offer.id === id));
    this.#offers = sorted([...offers, ...told].filter((offer) => offer.agent === agent && !this.#over.has(offer.id)));
    void this.#readRows();
  }

  async accept(offer: Offer): Promise<boolean> {
    return this.#answer(offer, "accept");
  }

  async decline(offer: Offer): Promise<boolean> {
    return this.#answer(offer, "decline");
  }

  /** Drops offers whose time is over, in case no event said so. */
  dropLate(): void {
    const now = serverClock.now();
    const late = this.#offers.filter((offer) => Date.parse(offer.deadline) + 5_000 < now);
    if (late.length > 0 && this.#retry === undefined) void this.read();
  }

  async #answer(offer: Offer, answer: "accept" | "decline"): Promise<boolean> {
    if (this.#busy.has(offer.id)) return false;
    this.#busy = new Set([...this.#busy, offer.id]);
    try {
      const path = { company: session.company, offer: offer.id };
      const body = session.actor();
      if (answer === "accept") await api.post("/v1/companies/{company}/offers/{offer}/accept", { path, body });
      else await api.post("/v1/companies/{company}/offers/{offer}/decline", { path, body });
      this.#end(offer.id);
      return true;
    } catch (error) {
      if (error instanceof ApiProblem && error.kind === "offer-over") {
        this.#end(offer.id);
        const owner = live.conversation(offer.conversation)?.owner;
        notices.show(owner && owner !== session.agent ? texts.text.offer.overBy(owner) : texts.text.offer.over);
      } else {
        notices.problem(error);
        void this.read();
      }
      return false;
    } finally {
      this.#busy = new Set([...this.#busy].filter((id) => id !== offer.id));
    }
  }

  #take(events: readonly FeedEvent[]): void {
    for (const { kind, data, conversation, at } of events) {
      const { offer: id, agent, deadline, again = 0 } = data;
      if (id === undefined || id === null || agent !== session.agent) continue;
      if (kind === "offered" && conversation && deadline && !this.#over.has(id)) {
        const offer: Offer = { id, conversation, agent: agent ?? "", made_at: at, deadline, again };
        this.#offers = sorted([...this.#offers.filter((it) => it.id !== id), offer]);
        void this.#readRows();
      } else if (kind !== "offered") {
        this.#end(id);
      }
    }
  }

  #end(id: number): void {
    this.#over.add(id);
    this.#offers = this.#offers.filter((offer) => offer.id !== id);
  }

  /** Reads the rows of offered conversations that are not known. */
  async #readRows(): Promise<void> {
    for (const { conversation } of this.#offers) {
      if (this.row(conversation)?.name || this.#rows.has(conversation)) continue;
      const asOf = live.position;
      try {
        const path = { company: session.company, conversation };
        const row = await api.get("/v1/companies/{company}/conversations/{conversation}", { path });
        const { history: _, said: __, ...known } = row;
        this.#rows = new Map([...[...this.#rows].slice(-20), [conversation, known]]);
        live.putConversations([known], asOf);
      } catch {
        // The offer is shown without its words.
      }
    }
  }
}

const sorted = (offers: readonly Offer[]): Offer[] => offers.toSorted((a, b) => Date.parse(a.deadline) - Date.parse(b.deadline));

export const offerBook = new OfferBook();
