// The simulated host: agents, queues, approved answers, history, hours, time and state.

/** The time of decisions unless a test sets another: Monday, 2 March 2026, 12:00 UTC. */
export const NOON = Date.UTC(2026, 2, 2, 12);

/** @typedef {{ bytes: Uint8Array, until: number }} Stored */

/** The time as milliseconds. @param {number | Date | string} time */
const milliseconds = (time) => (typeof time === "number" ? time : new Date(time).getTime());

export class World {
  /** @param {any} options */
  constructor(options) {
    this.now = milliseconds(options.now);
    /** @type {any} */
    this.settings = {};
    /** @type {string[]} */
    this.lines = [];
    /** @type {any[]} */
    this.agents = options.agents ?? [];
    /** @type {any[]} */
    this.queues = options.queues ?? [];
    /** @type {any[]} */
    this.articles = options.articles ?? [];
    /** @type {any[]} */
    this.conversation = options.conversation ?? [];
    /** @type {any[]} */
    this.contact = options.contact ?? this.conversation;
    /** @type {Map<string, string>} */
    this.attributes = new Map(Object.entries(options.attributes ?? {}));
    /** @type {Map<string, [number, number][]>} */
    this.hours = new Map(
      Object.entries(options.hours ?? {}).map(([name, spans]) => [
        name,
        /** @type {any[]} */ (spans).map(([from, to]) => [milliseconds(from), milliseconds(to)]),
      ]),
    );
    /** @type {Map<string, Stored>} */
    this.values = new Map();
    /** @type {Map<string, { amount: number, until: number }[]>} */
    this.counters = new Map();
    this.seed = options.seed ?? 1;
    /** @type {Record<string, any>} */
    this.data = options.data ?? {};
  }

  /** @param {number | Date | string} time */
  setNow(time) {
    this.now = milliseconds(time);
  }

  /** A number from 0 to 1 (mulberry32). */
  random() {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** The interfaces of the contract. */
  interfaces() {
    return {
      settings: { get: () => JSON.stringify(this.settings) },
      log: {
        write: (/** @type {string} */ level, /** @type {string} */ message) => {
          this.lines.push(`${level}: ${message}`);
        },
      },
      random: { next: () => this.random() * 2 ** 64 },
      clock: this.clock(),
      agents: this.directory(),
      data: this.packed(),
      contacts: {
        attribute: (/** @type {string} */ name) => this.attributes.get(name) ?? null,
        attributeNames: () => [...this.attributes.keys()].sort(),
      },
      interactions: {
        ofConversation: (/** @type {number} */ limit) => page(this.conversation, limit),
        ofContact: (/** @type {number} */ limit) => page(this.contact, limit),
      },
      knowledge: {
        search: (/** @type {string} */ words, /** @type {number} */ limit) => this.search(words, limit),
        forIntent: (/** @type {string} */ intent) =>
          this.articles.filter((one) => one.intents.includes(intent)).map((one) => one.host),
      },
      state: this.state(),
    };
  }

  clock() {
    /** @param {string} name @param {number} at */
    const spans = (name, at) => this.hours.get(name)?.filter(([, to]) => to > at);
    const isOpen = (/** @type {string} */ name, /** @type {number} */ at) =>
      spans(name, at)?.some(([from]) => from <= at) ?? null;
    return {
      now: () => this.now,
      isOpen,
      opensAt: (/** @type {string} */ name, /** @type {number} */ at) =>
        isOpen(name, at) ? null : (spans(name, at)?.[0]?.[0] ?? null),
      closesAt: (/** @type {string} */ name, /** @type {number} */ at) =>
        isOpen(name, at) ? (spans(name, at)?.[0]?.[1] ?? null) : null,
      afterWorkingTime: (/** @type {string} */ name, /** @type {number} */ at, /** @type {number} */ seconds) => {
        let left = seconds * 1000;
        for (const [from, to] of spans(name, at) ?? []) {
          const begin = Math.max(from, at);
          if (to - begin >= left) return begin + left;
          left -= to - begin;
        }
        return null;
      },
    };
  }

  packed() {
    const table = (/** @type {string} */ name) => {
      const found = this.data[name];
      return found && !(found instanceof Uint8Array) ? found : undefined;
    };
    const bytes = (/** @type {string} */ name) => {
      const found = this.data[name];
      return found instanceof Uint8Array ? found : undefined;
    };
    const row = (/** @type {string} */ name, /** @type {string} */ key) => {
      const found = table(name);
      if (!found) throw new Error(`denied: there is no table ${name}`);
      const values = Object.hasOwn(found.rows, key) ? found.rows[key] : undefined;
      return values ? found.columns.map((/** @type {string} */ column) => values[column] ?? "") : null;
    };
    return {
      table: (/** @type {string} */ name) => {
        const found = table(name);
        return found ? { key: found.key, columns: found.columns, rowCount: Object.keys(found.rows).length } : null;
      },
      get: row,
      getMany: (/** @type {string} */ name, /** @type {string[]} */ keys) => {
        if (keys.length > 64) throw new Error(`out of memory: ${keys.length} keys of one call; the host takes 64`);
        return keys.map((key) => row(name, key));
      },
      size: (/** @type {string} */ name) => bytes(name)?.length ?? null,
      read: (/** @type {string} */ name, /** @type {number} */ offset, /** @type {number} */ length) => {
        const found = bytes(name);
        if (!found) throw new Error(`denied: there are no bytes ${name}`);
        return found.slice(offset, offset + Math.min(length, 65_536));
      },
    };
  }

  directory() {
    const matching = (/** @type {any} */ query) => this.agents.filter((one) => matches(one, query));
    return {
      find: (/** @type {any} */ query) => {
        const found = matching(query);
        const items = found.slice(0, query.limit).map((one) => one.host);
        return { items, total: found.length, truncated: found.length > items.length };
      },
      findSummaries: (/** @type {any} */ query) => {
        const found = matching(query);
        const items = found.slice(0, query.limit).map((one) => ({
          id: one.id,
          presence: one.presence,
          load: one.load,
          capacity: one.capacity,
          idleSeconds: one.idleSeconds ?? null,
          proficiencies: query.skills.map((/** @type {any} */ skill) => one.proficiency(skill.name) ?? 0),
        }));
        return { items, total: found.length, truncated: found.length > items.length };
      },
      count: (/** @type {any} */ query) => matching(query).length,
      get: (/** @type {string} */ id) => this.agents.find((one) => one.id === id)?.host ?? null,
      getQueue: (/** @type {string} */ id) => this.queues.find((one) => one.id === id)?.host ?? null,
      queueIds: () => this.queues.map((one) => one.id).sort(),
    };
  }

  /** @param {string} words @param {number} limit */
  search(words, limit) {
    const wanted = words.toLowerCase().split(/\W+/).filter(Boolean);
    const scored = this.articles.map((article) => {
      const text = `${article.title} ${article.text}`.toLowerCase();
      return { article: article.host, score: wanted.filter((word) => text.includes(word)).length };
    });
    return scored.filter((one) => one.score > 0).sort((a, b) => b.score - a.score).slice(0, limit);
  }

  state() {
    const at = (/** @type {string} */ scope, /** @type {string} */ key) => `${scope} ${key}`;
    const counter = (/** @type {string} */ scope, /** @type {string} */ key) =>
      (this.counters.get(at(scope, key)) ?? []).filter((one) => one.until > this.now).reduce((sum, one) => sum + one.amount, 0);
    const add = (/** @type {string} */ scope, /** @type {string} */ key, /** @type {number} */ amount, until = Infinity) => {
      this.counters.set(at(scope, key), [...(this.counters.get(at(scope, key)) ?? []), { amount, until }]);
    };
    return {
      get: (/** @type {string} */ scope, /** @type {string} */ key) => {
        const found = this.values.get(at(scope, key));
        return found && found.until > this.now ? found.bytes : null;
      },
      set: (/** @type {string} */ scope, /** @type {string} */ key, /** @type {Uint8Array} */ bytes, /** @type {number | null} */ expires) => {
        const until = expires === null ? Infinity : this.now + expires * 1000;
        this.values.set(at(scope, key), { bytes, until });
      },
      counter,
      add,
      max: (/** @type {string} */ scope, /** @type {string} */ key, /** @type {number} */ value) => {
        const current = counter(scope, key);
        if (value > current) add(scope, key, value - current);
      },
      addWindowed: (/** @type {string} */ scope, /** @type {string} */ key, /** @type {number} */ amount, /** @type {number} */ window) =>
        add(scope, key, amount, this.now + Math.min(Math.max(window, 1), 604_800) * 1000),
      remove: (/** @type {string} */ key) => {
        this.values.delete(at("conversation", key));
        this.counters.delete(at("conversation", key));
      },
    };
  }
}

/** @param {any[]} all @param {number} limit */
function page(all, limit) {
  const items = all.slice(0, Math.min(limit, 64)).map((one) => one.host);
  return { items, truncated: items.length < all.length };
}

/** @param {any} agent @param {any} query */
function matches(agent, query) {
  const speaks = (/** @type {string} */ language) =>
    agent.languages.some((/** @type {string} */ one) => one === language || one.startsWith(`${language}-`));
  return (
    query.skills.every((/** @type {any} */ one) => (agent.proficiency(one.name) ?? 0) >= one.proficiency) &&
    ((query.language ?? null) === null || speaks(query.language)) &&
    ((query.queue ?? null) === null || agent.queues.includes(query.queue)) &&
    ((query.team ?? null) === null || agent.teams.includes(query.team)) &&
    ((query.site ?? null) === null || agent.site === query.site) &&
    (!query.present || agent.presence === "available" || agent.presence === "busy")
  );
}
