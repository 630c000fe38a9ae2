// What checks and pictures use of a running host: a company, a person and a conversation.

/** Whom the demo does not simulate: their conversations change by the checks alone. */
const GUEST = "guest";
/** How long the host may take to route an interaction of the checks. */
const ROUTING_MS = 60_000;

/** How long a demo's clock may still be faster. */
const REAL_TIME_MS = 120_000;

/** The company that the checks use: the one in `COMPANY`, the demo's airline, or the first. */
async function findCompany(read) {
  const { companies } = await read("/v1/me");
  return process.env.COMPANY ?? (companies.find(({ name }) => name === "meridian-air") ?? companies[0]).name;
}

/** Reads a document of a host without tokens. */
const readerOf = (host) => async (path) => {
  const answer = await fetch(new URL(path, host));
  if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

/** Number of a decision about an interaction, for the screens of decisions. */
async function findDecision(read, company) {
  const { decisions } = await read(`/v1/companies/${company}/decisions`);
  return (decisions.find(({ kind }) => kind === "received") ?? decisions[0])?.id ?? 1;
}

/** What pictures show: the agent of a host with most conversations, and one of these. */
export async function findSubjects(host) {
  const read = readerOf(host);
  const company = await findCompany(read);
  const { conversations } = await read(`/v1/companies/${company}/conversations?limit=100`);
  const owned = conversations.filter(({ owner }) => owner);
  const counts = new Map();
  for (const { owner } of owned) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const agent = process.env.AGENT ?? [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  // One that waits for an answer and has a name shows more.
  const worth = ({ name, last_message_from: from, interactions }) => (from === "customer" ? 20 : 0) + (name ? 10 : 0) + interactions;
  const own = owned.filter(({ owner }) => owner === agent).sort((a, b) => worth(b) - worth(a));
  const chosen = own[0] ?? owned[0];
  return { company, agent, conversation: chosen?.id, contact: chosen?.contact, decision: await findDecision(read, company) };
}

/** Waits until the host's clock is as fast as this machine's: a demo's is faster until its day is over. */
async function waitForRealTime(read) {
  const hostTime = async () => Date.parse((await read("/v1/me")).now);
  for (const end = Date.now() + REAL_TIME_MS; Date.now() < end; ) {
    const [began, before] = [Date.now(), await hostTime()];
    await new Promise((next) => setTimeout(next, 1_000));
    const passed = (await hostTime()) - before;
    if (passed < 2 * (Date.now() - began)) return;
  }
  throw new Error(`the host's clock is not real time after ${REAL_TIME_MS / 1_000} s: wait for the end of the demo's day`);
}

/** What checks use: a new conversation of the demo's guest, which no simulated person touches; their earlier ones end. */
export async function prepareSubjects(host) {
  const read = readerOf(host);
  await waitForRealTime(read);
  const company = await findCompany(read);
  const at = `/v1/companies/${company}`;
  const send = async (method, path, body) => {
    const answer = await fetch(new URL(at + path, host), { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${at}${path}: ${answer.status} ${await answer.text()}`);
    return answer.json().catch(() => ({}));
  };
  const customer = `check-${Date.now().toString(36)}`;
  const deliver = (index, text) =>
    send("POST", "/interactions", { id: `${customer}-${index}`, channel: "chat", text, author: { address: customer, name: "Kim Example" } });
  // What earlier checks left would take the capacity for offers.
  const left = await read(`${at}/conversations?owner=${GUEST}&state=active,waiting-on-customer,on-hold,awaiting-approval,wrapping&limit=100`);
  for (const { id } of left.conversations) await send("POST", `/conversations/${id}/actions`, { action: "resolve", by: "eva", role: "supervisor" });
  await send("PUT", `/agents/${GUEST}/presence`, { presence: "available" });
  await deliver(1, "My suitcase did not arrive with flight MA 214. Where is it?");
  const isTheirs = ({ name, last_message_at: at_ }) => name === "Kim Example" && at_;
  let conversation;
  for (const end = Date.now() + ROUTING_MS; !conversation; ) {
    if (Date.now() > end) throw new Error(`no conversation of ${customer} within ${ROUTING_MS / 1_000} s`);
    const { conversations } = await read(`${at}/conversations?sort=activity&limit=100`);
    conversation = conversations.filter(isTheirs).find(({ owner }) => owner !== GUEST);
    await new Promise((next) => setTimeout(next, 200));
  }
  await send("POST", `/conversations/${conversation.id}/actions`, { action: "assign", agent: GUEST, by: "eva", role: "supervisor" });
  await send("POST", `/conversations/${conversation.id}/replies`, { id: `${customer}-a`, by: GUEST, text: "I am sorry for the trouble. I look for your suitcase now." });
  await deliver(2, "Thank you. I need it before Friday.");
  return { company, agent: GUEST, conversation: conversation.id, contact: conversation.contact, decision: await findDecision(read, company) };
}
