import type { FoundLink } from "../text/link_finder.ts";

/** The link that a person is asked about. */
class LinkQuestion {
  #link = $state.raw<FoundLink | undefined>();

  get link(): FoundLink | undefined {
    return this.#link;
  }

  ask(link: FoundLink): void {
    this.#link = link;
  }

  close(): void {
    this.#link = undefined;
  }
}

export const linkQuestion = new LinkQuestion();
