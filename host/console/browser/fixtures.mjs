// Documents that cases give instead of the host, as answers to single requests.

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

/** Fields that hold what customers, agents, policies or operators wrote. */
const WRITTEN = new Set(["text", "rest", "why", "message", "suggestion", "name", "display_name", "address", "snippet", "reason", "problem", "advice", "what", "subject", "tags", "title", "actor", "by", "author", "detail", "value", "attributes", "line", "media_type", "file"]);

/** A document in which everything that was written is other words; `next` gives them one after the other. */
export function inOtherWords(value, next, field = "") {
  if (Array.isArray(value)) return value.map((item) => inOtherWords(item, next, field));
  if (typeof value === "string") return WRITTEN.has(field) ? next() : value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inOtherWords(item, next, key)]));
}

/** Answers for a conversation. */
export async function fulfillConversation(context, { document, messages }) {
  await context.route(/\/conversations\/[0-9a-f]{32}$/, (route) => route.fulfill({ json: document }));
  await context.route(/\/messages\?/, (route) => route.fulfill({ json: messages }));
}

/** Who is signed in, on a host with tokens: answers of `GET /v1/me` for a role with some operations. */
export async function signInAs(context, it, role, operations) {
  const { now } = await (await fetch(new URL("/v1/me", it.host))).json();
  const { company } = it.subjects;
  const me = { local: false, id: `token:${role}`, name: role, role, company, companies: [{ name: company, ready: true }], session: true, operations, now };
  await context.route(/\/v1\/me$/, (route) => route.fulfill({ json: me }));
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

/** A problem document as an answer. */
export const problem = (status, kind, more = {}) => ({
  status,
  contentType: "application/problem+json",
  json: { type: `/problems/${kind}`, title: kind, status, ...more },
});
