// Who else has a conversation open, and who writes.
import type { Viewer } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { live } from "../../live/live.svelte.ts";
import { session } from "../../shell/session.svelte.ts";
import { ViewerTeller } from "./viewer_teller.ts";

export class Viewers {
  #all = $state.raw<readonly Viewer[]>([]);
  #conversation = "";
  readonly #teller = new ViewerTeller({
    put: async (conversation, state) => {
      const path = { company: session.company, conversation };
      const body = { state, ...session.actor() };
      return (await api.put("/v1/companies/{company}/conversations/{conversation}/viewers/me", { path, body })).viewers;
    },
    isHidden: () => document.hidden,
    show: (conversation, viewers) => this.#show(conversation, viewers),
  });

  get others(): readonly Viewer[] {
    return othersOf(this.#all);
  }

  /** The person pressed a key. */
  typed(): void {
    this.#teller.typed();
  }

  /** Watches a conversation until the returned function is called. */
  watch(conversation: string): () => void {
    this.#conversation = conversation;
    this.#all = [];
    const onVisible = (): void => this.#teller.open(conversation);
    // A page that closes becomes hidden after that: it must not say again that it is there.
    const onClose = (): void => {
      this.#teller.close();
      document.removeEventListener("visibilitychange", onVisible);
      void this.#leave(conversation);
    };
    // The browser kept the page, and the person came back to it.
    const onShow = ({ persisted }: PageTransitionEvent): void => {
      if (!persisted) return;
      document.addEventListener("visibilitychange", onVisible);
      onVisible();
    };
    document.addEventListener("visibilitychange", onVisible);
    window.addEventListener("pagehide", onClose);
    window.addEventListener("pageshow", onShow);
    const unsubscribe = live.subscribe({
      onSignal: (signal) => {
        if (signal.kind === "viewers") this.#show(signal.conversation, signal.viewers);
      },
    });
    onVisible();
    return () => {
      unsubscribe();
      this.#teller.close();
      window.removeEventListener("pagehide", onClose);
      window.removeEventListener("pageshow", onShow);
      document.removeEventListener("visibilitychange", onVisible);
      this.#conversation = "";
      void this.#leave(conversation);
    };
  }

  #show(conversation: string, viewers: readonly Viewer[]): void {
    if (conversation === this.#conversation) this.#all = viewers;
  }

  /** The person closed the conversation or the page: colleagues need not wait until the host forgets it. */
  async #leave(conversation: string): Promise<void> {
    const path = { company: session.company, conversation };
    await api.delete("/v1/companies/{company}/conversations/{conversation}/viewers/me", { path, query: session.by(), keepalive: true }).catch(() => {});
  }
}

/** Those who are not this person. */
export function othersOf(viewers: readonly Viewer[]): readonly Viewer[] {
  return viewers.filter(({ agent }) => agent !== session.name);
}
