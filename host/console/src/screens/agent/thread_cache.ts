import type { ConversationDetail } from "../../api/shapes.ts";

/** Conversations kept to be shown at once when one comes back to them. */
const KEPT = 20;

class ThreadCache {
  readonly #kept = new Map<string, ConversationDetail>();

  get(id: string): ConversationDetail | undefined {
    return this.#kept.get(id);
  }

  put(id: string, detail: ConversationDetail): void {
    this.#kept.delete(id);
    this.#kept.set(id, detail);
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > KEPT && !oldest.done) this.#kept.delete(oldest.value);
  }

  delete(id: string): void {
    this.#kept.delete(id);
  }

  clear(): void {
    this.#kept.clear();
  }
}

export const threadCache = new ThreadCache();
