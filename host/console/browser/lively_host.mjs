// Brings a demo into the state that pictures show: a changed generation that decides for a part.

/** Whom the demo does not simulate. */
const GUEST = "guest";
/** How long the host may take to route a message. */
const ROUTING_MS = 5_000;
/** Customers, their messages, and replies that promise more than the company's policy allows. */
const REPLIES = [
  ["Kim Berger", "My suitcase did not arrive with flight MA 214. I need it before Friday!", "I am sorry about your suitcase. We guarantee that it arrives before Friday."],
  ["Paula Nunes", "MA 318 was five hours late. What do I get?", "I am sorry for the long wait. You get 400 euro within two days."],
  ["Sam Okafor", "How do I claim for my broken stroller?", "I am sorry about the stroller. Please claim at https://bags.example/claim with a picture of it."],
];
/** What changes: two intents go to another queue. */
const CHANGE = [/^(refund|flight-delayed) = "\w+"$/gm, '$1 = "general"'];

/**
 * Has the demo's guest write replies that wait for approval, unless some wait. In a demo whose day goes
 * on, others soon take the conversations or approve.
 */
export async function askApprovals(host, company) {
  const send = async (method, path, body) => {
    const answer = await fetch(new URL(`/v1/companies/${company}${path}`, host), { method, headers: { "content-type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
    return answer.json().catch(() => ({}));
  };
  if ((await send("GET", "/approvals")).approvals.length >= REPLIES.length) return;
  for (const [name, question, text] of REPLIES) {
    const id = `approval-${Date.now().toString(36)}`;
    await send("POST", "/interactions", { id, channel: "chat", text: question, author: { address: `visitor-${name.replace(/\W/g, "").toLowerCase()}`, name } });
    for (const end = Date.now() + ROUTING_MS; Date.now() < end; ) {
      const { conversations } = await send("GET", "/conversations?sort=activity&limit=100");
      const found = conversations.find((row) => row.name === name && row.state !== "awaiting-approval" && row.last_message_at);
      if (found) {
        await send("POST", `/conversations/${found.id}/actions`, { action: "assign", agent: GUEST, by: "eva", role: "supervisor" });
        const { reply } = await send("POST", `/conversations/${found.id}/replies`, { id, by: GUEST, text });
        if (reply?.status === "held") break;
      }
      await new Promise((next) => setTimeout(next, 250));
    }
  }
}

/** Starts a canary of a changed generation, unless a rollout runs; answers with the generation's number. */
export async function startCanary(host, company) {
  const at = `/v1/companies/${company}`;
  const ask = async (method, path, body) => {
    const answer = await fetch(new URL(at + path, host), { method, headers: { "content-type": "application/json" }, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`${method} ${at}${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const running = await ask("GET", "/rollout");
  if (running) return running.generation;
  const { active } = await ask("GET", "/generations");
  const { document } = await ask("GET", `/generations/${active}`);
  const stored = await ask("POST", "/generations", { document: document.replace(...CHANGE), base: active, keep_only: true, by: "olga" });
  await ask("PUT", "/rollout", { generation: stored.generation, kind: "canary", share: "25%", by: "olga" });
  return stored.generation;
}
