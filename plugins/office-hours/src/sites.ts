import type { Clock, Timestamp } from "@patchbay/sdk";

import type { Site } from "./settings.js";

const MINUTE = 60_000;

/** The sites of a company. */
export class Sites {
  constructor(
    private readonly all: Site[],
    private readonly closingMinutes: number,
  ) {}

  /** The site with a queue. */
  ofQueue(queue: string | undefined): Site | undefined {
    return this.all.find((site) => site.queue === queue);
  }

  /** Sites that speak a language; all where none does, or the language is not known. */
  suitable(language: string | undefined): Site[] {
    const speaking = this.all.filter(({ languages }) => {
      return languages.length === 0 || (language !== undefined && languages.some((one) => includes(one, language)));
    });
    return speaking.length > 0 ? speaking : this.all;
  }

  /**
   * The open site that takes a conversation: the one it is at, else the first in order; one that
   * closes soon only where no other is open.
   */
  pick(sites: Site[], queue: string | undefined, clock: Clock): { site: Site; why: string } | undefined {
    const now = clock.now();
    let closing: { site: Site; at: Timestamp } | undefined;
    let first: Site | undefined;
    for (const site of sites) {
      if (!clock.isOpen(site.hours)) continue;
      // Absent: it does not close within a year.
      const at = clock.closesAt(site.hours) ?? Infinity;
      if (at - now > this.closingMinutes * MINUTE) {
        if (site.queue === queue) return { site, why: `${site.queue}, where it is, is open.` };
        first ??= site;
      } else if (!closing || at > closing.at) {
        closing = { site, at };
      }
    }
    if (first) return { site: first, why: `${first.queue} is the first open site.` };
    return closing && { site: closing.site, why: `${closing.site.queue} closes soon, but no other site is open.` };
  }

  /** The site that opens first, and when; absent where none opens within a year. */
  firstToOpen(sites: Site[], clock: Clock): { site: Site; at: Timestamp } | undefined {
    let first: { site: Site; at: Timestamp } | undefined;
    for (const site of sites) {
      const at = clock.opensAt(site.hours);
      if (at !== undefined && (!first || at < first.at)) first = { site, at };
    }
    return first;
  }

  /** When an open site hands over what it has not answered; absent where that is not ahead. */
  handoverTime({ hours }: Site, clock: Clock): Timestamp | undefined {
    const closesAt = clock.closesAt(hours);
    const at = closesAt && closesAt - this.closingMinutes * MINUTE;
    return at && at > clock.now() ? at : undefined;
  }
}

/** Whether a language of a site includes one of a customer: `pt` includes `pt-BR`. */
function includes(own: string, customers: string): boolean {
  const [one, other] = [own.toLowerCase(), customers.toLowerCase()];
  return one === other || other.startsWith(`${one}-`);
}
