// What waits for the person, by screen: numbers in the navigation and in the title of the tab. The
// areas count; the frame shows.

/** A number beside an entry of the navigation. */
export interface Badge {
  readonly count: number;
  /** Whether there are more than that. */
  readonly isMore: boolean;
  /** What it counts, in words. */
  readonly label: string;
}

class Attention {
  #badges = $state.raw<ReadonlyMap<string, Badge>>(new Map());

  /** The number beside the screen with a pattern. */
  of(pattern: string): Badge | undefined {
    return this.#badges.get(pattern);
  }

  get total(): number {
    return [...this.#badges.values()].reduce((sum, { count }) => sum + count, 0);
  }

  set(pattern: string, badge: Badge | undefined): void {
    const next = new Map(this.#badges);
    if (badge && badge.count > 0) next.set(pattern, badge);
    else next.delete(pattern);
    this.#badges = next;
  }

  clear(): void {
    this.#badges = new Map();
  }
}

export const attention = new Attention();
