// Entities that requests and events both change, in whatever order they arrive.
import type { FeedEvent } from "./feed_event.ts";

/** How events change an entity of one type. */
export interface EntityRules<T> {
  /** Number of the entity's last change; a lower one never replaces a higher one. */
  sequence(value: T): number;
  /** The entity after an event. Sets values, never counts: an event may be applied twice. */
  apply(value: T, event: FeedEvent): T;
}

interface Entity<T> {
  /** As the last accepted answer had it. */
  base: T;
  /** Event that the answer reflects at least. */
  asOf: number;
  /** Later events, by number. */
  events: FeedEvent[];
  /** `base` after `events`. */
  value: T;
}

/** Events kept per entity until an answer reflects them. */
const EVENTS = 64;

/** Entities by id, of which the least recently written are dropped beyond a limit. */
export class EntityStore<T> {
  readonly #rules: EntityRules<T>;
  readonly #limit: number;
  readonly #entities = new Map<string, Entity<T>>();
  /** Called after each change, with the id; without one after all were dropped. */
  onChange: (id?: string) => void = () => {};

  constructor(rules: EntityRules<T>, limit = 2_000) {
    this.#rules = rules;
    this.#limit = limit;
  }

  get(id: string): T | undefined {
    return this.#entities.get(id)?.value;
  }

  /** Whether events arrived that the last answer may not reflect. */
  isAhead(id: string): boolean {
    return (this.#entities.get(id)?.events.length ?? 0) > 0;
  }

  /** Takes an answer, and the position of the feed when it was asked for. */
  put(id: string, value: T, asOf: number): void {
    const known = this.#entities.get(id);
    if (!known) {
      this.#write(id, { base: value, asOf, events: [], value });
      return;
    }
    const [before, after] = [this.#rules.sequence(known.base), this.#rules.sequence(value)];
    if (after > before || (after === before && asOf >= known.asOf)) known.base = value;
    known.asOf = Math.max(known.asOf, asOf);
    known.events = known.events.filter((event) => event.feed > known.asOf);
    this.#write(id, known);
  }

  /** Takes an event about an entity; an unknown entity is not made by it. */
  apply(id: string, event: FeedEvent): void {
    const known = this.#entities.get(id);
    if (!known || event.feed <= known.asOf) return;
    const place = known.events.findIndex((it) => it.feed >= event.feed);
    if (place >= 0 && known.events[place]?.feed === event.feed) return;
    known.events.splice(place < 0 ? known.events.length : place, 0, event);
    if (known.events.length > EVENTS) known.events.shift();
    this.#write(id, known);
  }

  /** Changes what no number counts, such as who looks at it; an unknown entity is not made by it. */
  patch(id: string, change: (value: T) => T): void {
    const known = this.#entities.get(id);
    if (!known) return;
    known.base = change(known.base);
    this.#write(id, known);
  }

  delete(id: string): void {
    if (this.#entities.delete(id)) this.onChange(id);
  }

  /** Forgets everything: events were missed. */
  clear(): void {
    this.#entities.clear();
    this.onChange();
  }

  #write(id: string, entity: Entity<T>): void {
    entity.value = entity.events.reduce((value, event) => this.#rules.apply(value, event), entity.base);
    // The last written is the last of the map.
    this.#entities.delete(id);
    this.#entities.set(id, entity);
    const oldest = this.#entities.keys().next();
    if (this.#entities.size > this.#limit && !oldest.done) this.#entities.delete(oldest.value);
    this.onChange(id);
  }
}
