// Tells the host what the person does in the conversation that is open. Other people's states
// come back with each answer and as signals of the feed: nothing is asked for.
import type { Viewer } from "../../api/shapes.ts";

/** What a teller needs of the page. */
export interface TellerPage {
  /** Tells the host; the viewers of the conversation. */
  put(conversation: string, state: Viewer["state"]): Promise<readonly Viewer[]>;
  isHidden(): boolean;
  /** The viewers of a conversation, as an answer has them. */
  show(conversation: string, viewers: readonly Viewer[]): void;
}

/** The host forgets a person of whom it hears nothing for 50 s. */
const TELL_MS = 20_000;
/** A person types until this long after the last key. */
const TYPING_MS = 6_000;

export class ViewerTeller {
  readonly #page: TellerPage;
  #conversation: string | undefined;
  #typedAt = Number.NEGATIVE_INFINITY;
  #repeat: ReturnType<typeof setInterval> | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(page: TellerPage) {
    this.#page = page;
  }

  /** The person sees a conversation, or comes back to it or leaves the page: a hidden page says once that they are away. */
  open(conversation: string): void {
    this.close();
    this.#conversation = conversation;
    void this.#tell();
    if (!this.#page.isHidden()) this.#repeat = setInterval(() => void this.#tell(), TELL_MS);
  }

  close(): void {
    clearInterval(this.#repeat);
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#conversation = undefined;
    this.#typedAt = Number.NEGATIVE_INFINITY;
  }

  /** The person pressed a key. */
  typed(): void {
    this.#typedAt = Date.now();
    if (!this.#conversation || this.#typing) return;
    this.#typing = setTimeout(() => this.#stopTyping(), TYPING_MS);
    void this.#tell();
  }

  #stopTyping(): void {
    const left = this.#typedAt + TYPING_MS - Date.now();
    this.#typing = left > 0 ? setTimeout(() => this.#stopTyping(), left) : undefined;
    if (left <= 0) void this.#tell();
  }

  #state(): Viewer["state"] {
    if (this.#page.isHidden()) return "away";
    return Date.now() - this.#typedAt < TYPING_MS ? "typing" : "viewing";
  }

  async #tell(): Promise<void> {
    const conversation = this.#conversation;
    if (!conversation) return;
    try {
      const viewers = await this.#page.put(conversation, this.#state());
      if (conversation === this.#conversation) this.#page.show(conversation, viewers);
    } catch {
      // The next time, in a few seconds.
    }
  }
}
