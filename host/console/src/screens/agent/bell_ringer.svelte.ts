// Which tab of a person rings. A browser lets a page play sound only after the person did something
// in it: the tab that follows the feed for all may be one that nobody has touched yet.

/** What shows that the person did something, in the order in which browsers send it. */
const TOUCHES = ["pointerdown", "pointerup", "keydown", "touchend"] as const;

export class BellRinger {
  #isOurs = $state(false);

  /** Whether this tab rings for all tabs of the person. */
  get isOurs(): boolean {
    return this.#isOurs;
  }

  /**
   * Takes part until the returned function is called: of the tabs with this name that may play sound,
   * one rings; when it closes, the next one does.
   */
  start(name: string): () => void {
    const ended = new AbortController();
    const { signal } = ended;
    const stand = (): void => {
      if (signal.aborted || !navigator.userActivation.hasBeenActive) return;
      for (const touch of TOUCHES) window.removeEventListener(touch, stand, true);
      const ring = (): Promise<void> =>
        new Promise((leave) => {
          if (signal.aborted) return leave();
          this.#isOurs = true;
          signal.addEventListener("abort", () => leave());
        });
      // Pages that are not secure have no locks: each tab then rings for itself.
      if (navigator.locks) navigator.locks.request(`patchbay-bell:${name}`, { signal }, ring).catch(() => {});
      else void ring();
    };
    for (const touch of TOUCHES) window.addEventListener(touch, stand, { capture: true, passive: true, signal });
    stand();
    return () => {
      ended.abort();
      this.#isOurs = false;
    };
  }
}
