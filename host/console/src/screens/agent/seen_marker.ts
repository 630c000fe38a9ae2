// Tells the host how far the person has read a conversation that is really shown.

/** A conversation is read when it was shown for so long: stepping through a list reads nothing. */
export const DWELL_MS = 800;

/** What is shown of a conversation. */
export interface ShownConversation {
  readonly id: string;
  /** Its newest history entry. */
  readonly sequence: number;
  /** The entry of its newest message. */
  readonly message: number;
}

export class SeenMarker {
  readonly #send: (conversation: string, seen: number) => Promise<void>;
  /** The newest message that was told, by conversation: changes without words are not told. */
  readonly #told = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (conversation: string, seen: number) => Promise<void>) {
    this.#send = send;
  }

  /** A conversation is on the screen as far as this; none: nothing is, or the page is hidden. */
  show(shown: ShownConversation | undefined): void {
    clearTimeout(this.#timer);
    if (!shown || shown.message <= (this.#told.get(shown.id) ?? 0)) return;
    this.#timer = setTimeout(() => void this.#tell(shown), DWELL_MS);
  }

  async #tell({ id, sequence, message }: ShownConversation): Promise<void> {
    try {
      await this.#send(id, sequence);
      this.#told.set(id, message);
    } catch {
      // It stays unread, and is told when it is shown again.
    }
  }
}
