// Answers and events that cases give instead of the host.

/** The conversation of the subjects as the host gives it, with its messages, in other words. */
export async function conversationWith(it, words) {
  const at = `/conversations/${it.subjects.conversation}`;
  const [document, page] = await Promise.all([it.read(at), it.read(`${at}/messages?limit=50`)]);
  const author = { name: words, address: words };
  const messages = page.messages.map((message) => ({
    ...message,
    interaction: { ...message.interaction, text: words, author, attachments: [{ name: words, media_type: words, url: words, size: 1 }] },
  }));
  return { document: { ...document, name: words, tags: [words], snippet: words, queue: words }, messages: { ...page, messages } };
}

/** Answers for a conversation. */
export async function fulfillConversation(context, { document, messages }) {
  await context.route(/\/conversations\/[0-9a-f]{32}$/, (route) => route.fulfill({ json: document }));
  await context.route(/\/messages\?/, (route) => route.fulfill({ json: messages }));
}

/** A row of a list of conversations. */
export function listRow(index, more = {}) {
  return {
    id: index.toString(16).padStart(32, "0"),
    state: "active",
    channel: "chat",
    contact: "c".repeat(32),
    name: `Customer ${index}`,
    snippet: "Where is my parcel? It was due on Monday.",
    priority: 50,
    tags: [],
    needs_approval: false,
    created_at: "2026-03-02T08:00:00Z",
    last_message_at: "2026-03-02T09:00:00Z",
    last_message_from: "customer",
    due_at: "2026-03-02T10:00:00Z",
    interactions: 2,
    sequence: 5,
    ...more,
  };
}

/** A hundred of ten thousand conversations of an agent. */
export function listPage(owner, after) {
  const conversations = Array.from({ length: 100 }, (_, index) => listRow(after + index, { owner }));
  const counts = { matching: 10_000, by_state: { active: 10_000 }, at_risk: 3, missed: 9_997 };
  return { conversations, next: String(after + 100), counts };
}

/** A list that is complete. */
export function wholeList(conversations) {
  return { conversations, counts: { matching: conversations.length, by_state: { active: conversations.length }, at_risk: 0, missed: 0 } };
}

/** A feed instead of the host's: `intercept` is for the server, `tell` sends an event to all who listen. */
export class FakeFeed {
  #streams = new Set();
  #number = 70_000_000;
  /** Requests of the stream so far. */
  requests = [];
  /** Whether it answers; otherwise the connection is closed at once. */
  isOpen = true;

  intercept = (incoming, outgoing) => {
    if (!/\/events/.test(incoming.url)) return false;
    this.requests.push({ url: incoming.url, last: incoming.headers["last-event-id"] });
    if (!this.isOpen) return outgoing.destroy(), true;
    this.#streams.add(outgoing);
    outgoing.on("close", () => this.#streams.delete(outgoing));
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    outgoing.write(`event: position\nid: ${this.#number}\ndata: {}\n\n`);
    return true;
  };

  /** Sends an event; answers with its number. */
  tell(kind, { subject, time, data = {} }) {
    this.#number += 1;
    const event = { id: String(this.#number), time, subject, data };
    for (const stream of this.#streams) stream.write(`id: ${event.id}\nevent: ${kind}\ndata: ${JSON.stringify(event)}\n\n`);
    return this.#number;
  }

  /** A line that says that the stream is alive. */
  keepAlive() {
    for (const stream of this.#streams) stream.write(": keep-alive\n\n");
  }

  /** Ends all streams; with `isOpen` false they do not come back. */
  cut() {
    for (const stream of this.#streams) stream.destroy();
  }
}

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
    if (request.method() !== "GET") {
      const sent = { method: request.method(), path, body: request.postDataJSON() };
      const answer = [...this.answers].find(([end]) => path.endsWith(end))?.[1];
      if (/\/(viewers\/me|check)$/.test(path)) return route.fulfill({ json: path.endsWith("/check") ? { length: 5 } : { viewers: [] } });
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
    if (!row) return route.fulfill({ status: 404, contentType: "application/problem+json", json: { type: "/problems/not-found", title: "Not found", status: 404 } });
    const parts = { messages: { messages: row.messages }, history: { entries: row.entries }, notes: { notes: [] }, viewers: { viewers: [] } };
    return route.fulfill({ json: part ? (parts[part] ?? {}) : row.document });
  }
}

/** A problem document as an answer. */
export const problem = (status, kind, more = {}) => ({
  status,
  contentType: "application/problem+json",
  json: { type: `/problems/${kind}`, title: kind, status, ...more },
});
