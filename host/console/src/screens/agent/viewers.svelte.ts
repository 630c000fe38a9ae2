// Who else has a conversation open, and who writes.
import type { Viewer } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { session } from "../../shell/session.svelte.ts";

const TELL_MS = 10_000;
const ASK_MS = 5_000;
/** A person types until this long after the last key. */
const TYPING_MS = 6_000;

export class Viewers {
  #others = $state.raw<readonly Viewer[]>([]);
  #conversation = "";
  #typedAt = 0;
  #told = "";

  get others(): readonly Viewer[] {
    return this.#others;
  }

  /** The person pressed a key. */
  typed(): void {
    this.#typedAt = Date.now();
    if (this.#told === "viewing") void this.#tell();
  }

  /** Watches a conversation until the returned function is called. */
  watch(conversation: string): () => void {
    this.#conversation = conversation;
    this.#others = [];
    this.#typedAt = 0;
    let timers: ReturnType<typeof setInterval>[] = [];
    const stop = (): void => {
      for (const timer of timers) clearInterval(timer);
      timers = [];
    };
    // A hidden page says once that its person is away, and then nothing.
    const onVisible = (): void => {
      stop();
      void this.#tell();
      if (document.hidden) return;
      timers = [setInterval(() => void this.#tell(), TELL_MS), setInterval(() => void this.#ask(), ASK_MS)];
    };
    // A page that closes becomes hidden after that: it must not say again that it is there.
    const onClose = (): void => {
      stop();
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
    onVisible();
    return () => {
      stop();
      window.removeEventListener("pagehide", onClose);
      window.removeEventListener("pageshow", onShow);
      document.removeEventListener("visibilitychange", onVisible);
      this.#conversation = "";
      void this.#leave(conversation);
    };
  }

  #show(conversation: string, viewers: readonly Viewer[]): void {
    if (conversation === this.#conversation) this.#others = viewers.filter(({ agent }) => agent !== session.name);
  }

  /** The person closed the conversation or the page: colleagues need not wait until the host forgets it. */
  async #leave(conversation: string): Promise<void> {
    const path = { company: session.company, conversation };
    await api.delete("/v1/companies/{company}/conversations/{conversation}/viewers/me", { path, query: session.by(), keepalive: true }).catch(() => {});
  }

  #state(): Viewer["state"] {
    if (document.hidden) return "away";
    return Date.now() - this.#typedAt < TYPING_MS ? "typing" : "viewing";
  }

  async #tell(): Promise<void> {
    const conversation = this.#conversation;
    if (!conversation) return;
    this.#told = this.#state();
    try {
      const { viewers } = await api.put("/v1/companies/{company}/conversations/{conversation}/viewers/me", {
        path: { company: session.company, conversation },
        body: { state: this.#told as Viewer["state"], ...session.actor() },
      });
      this.#show(conversation, viewers);
    } catch {
      // The next time, in a few seconds.
    }
  }

  async #ask(): Promise<void> {
    const conversation = this.#conversation;
    if (!conversation || document.hidden) return;
    try {
      const path = { company: session.company, conversation };
      const { viewers } = await api.get("/v1/companies/{company}/conversations/{conversation}/viewers", { path });
      this.#show(conversation, viewers);
    } catch {
      // The next time, in a few seconds.
    }
  }
}
