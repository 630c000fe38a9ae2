// Conversations that exist in the browser only, for cases that change them.
import { problem, wholeList } from "./fixtures.mjs";

/** Conversations of the subjects' agent that exist in the browser only; a case changes them as it likes. */
export class SimulatedConversations {
  #rows = new Map();
  /** Requests that changed something: method, path behind the company, and body. */
  sent = [];
  /** Requests that read a conversation or a list. */
  reads = [];
  /** Open offers to the agent, as a read of them tells. */
  offers = [];
  /** Answers for requests that change something, by the end of the path: a function of the request. */
  answers = new Map();

  /** Answers for `count` conversations in a browser. */
  static async start(it, context, count) {
    const simulated = new SimulatedConversations();
    const at = `/conversations/${it.subjects.conversation}`;
    const [document, page] = await Promise.all([it.read(at), it.read(`${at}/messages?limit=50`)]);
    const { history: _, said: __, ...base } = document;
    const message = page.messages.find(({ interaction }) => interaction);
    const now = await it.hostTime();
    for (let index = 1; index <= count; index += 1) {
      const id = index.toString(16).padStart(32, "0");
      const interaction = { ...message.interaction, id: `m${index}`, text: `Message of customer ${index}`, author: { name: `Customer ${index}`, address: `c${index}` } };
      const shown = { ...base, id, name: `Customer ${index}`, snippet: interaction.text, contact: index.toString(16).padStart(32, "c"), owner: it.subjects.agent, state: "active", sequence: 10, tags: [], due_at: new Date(Date.parse(now) + index * 600_000).toISOString() };
      const entry = { feed: index, sequence: 5, kind: "received", at: now, data: { interaction: `m${index}` } };
      simulated.#rows.set(id, { document: shown, messages: [{ ...message, ordinal: 1, sequence: 5, interaction }], entries: [entry] });
    }
    await context.route(/\/v1\/companies\/[^/]+\/(conversations|offers)\b/, (route) => simulated.#answer(route));
    return simulated;
  }

  /** The id of the conversation with a number, from 1. */
  id(number) {
    return [...this.#rows.keys()][number - 1];
  }

  /** Changes a conversation's document. */
  change(number, fields) {
    const row = this.#rows.get(this.id(number));
    row.document = { ...row.document, ...fields, sequence: row.document.sequence + 1 };
  }

  /** Adds a note of a colleague. */
  note(number, text, at) {
    const row = this.#rows.get(this.id(number));
    row.notes = [...(row.notes ?? []), { id: `n${number}`, text, by: "max", at, sequence: row.document.sequence }];
  }

  /** Adds a message of the customer. */
  receive(number, text, at) {
    const row = this.#rows.get(this.id(number));
    const sequence = row.document.sequence + 1;
    const id = `m${number}-${sequence}`;
    const [first] = row.messages;
    row.messages = [{ ...first, ordinal: sequence, sequence, interaction: { ...first.interaction, id, text, received_at: at } }, ...row.messages];
    row.entries = [...row.entries, { feed: sequence, sequence, kind: "received", at, data: { interaction: id } }];
    row.document = { ...row.document, sequence, snippet: text };
  }

  /** Adds a reply, so that nothing of the customer waits. */
  answer(number, at) {
    const row = this.#rows.get(this.id(number));
    const sequence = row.document.sequence + 1;
    row.entries = [...row.entries, { feed: sequence, sequence, kind: "reply-published", at, data: { reply: `r${sequence}` }, text: "Answered." }];
    row.document = { ...row.document, sequence };
  }

  async #answer(route) {
    const request = route.request();
    const { pathname, searchParams } = new URL(request.url());
    const path = pathname.replace(/^\/v1\/companies\/[^/]+/, "");
    // The server has them.
    if (/\/files\/[^/]+$/.test(path)) return route.continue();
    if (request.method() !== "GET") {
      const sent = { method: request.method(), path, body: request.postDataJSON() };
      const answer = [...this.answers].find(([end]) => path.endsWith(end))?.[1];
      if (/\/(viewers\/me|check|seen\/me)$/.test(path)) return route.fulfill({ json: path.endsWith("/check") ? { length: 5 } : { viewers: [], seen: 0 } });
      this.sent.push(sent);
      return answer ? answer(route, sent) : route.fulfill({ json: { state: "active", exceeds_capacity: false, reply: { id: sent.body?.id, status: "published" } } });
    }
    this.reads.push(path);
    if (path === "/offers") return route.fulfill({ json: { offers: this.offers } });
    const documents = [...this.#rows.values()].map(({ document }) => document);
    if (path === "/conversations") {
      const states = searchParams.get("state")?.split(",");
      const owner = searchParams.get("owner");
      return route.fulfill({ json: wholeList(documents.filter((row) => (!states || states.includes(row.state)) && (!owner || row.owner === owner))) });
    }
    const [, id, part] = /^\/conversations\/([0-9a-f]{32})(?:\/(\w+))?$/.exec(path) ?? [];
    const row = this.#rows.get(id);
    if (!row) return route.fulfill(problem(404, "not-found"));
    const parts = { messages: { messages: row.messages }, history: { entries: row.entries }, notes: { notes: row.notes ?? [] }, viewers: { viewers: [] } };
    return route.fulfill({ json: part ? (parts[part] ?? {}) : row.document });
  }
}
