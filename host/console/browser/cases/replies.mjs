// What becomes of a reply, and how two people do not answer the same message.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { problem } from "../fixtures.mjs";
import { quiet, TIMEOUT_MS, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

export const cases = {
  async "what becomes of a reply is told apart"(it) {
    const { context, tab } = await it.openBrowser();
    const sent = [];
    let answer = { status: 200, json: {} };
    await context.route(/\/replies$/, (route) => {
      sent.push(route.request().postDataJSON());
      return answer === "none" ? route.abort() : route.fulfill(answer);
    });
    await context.route(/\/replies\/check$/, (route) => route.fulfill({ json: { length: 5 } }));
    const page = await tab(it.conversationPath);
    const text = page.locator("textarea");
    const done = (status, review) => ({ json: { state: "active", exceeds_capacity: false, reply: { id: "r", status, ...(review ? { review } : {}) } } });
    const review = (verdict) => ({ verdict, why: "It blames the customer.", findings: [{ code: "wording.blame", severity: "high", message: "Rude.", start: 0, end: 5, suggestion: "Sorry" }] });
    const send = async (next, words = "Hello you") => {
      answer = next;
      await text.fill(words);
      await text.press("Control+Enter");
    };
    await text.waitFor();

    await send(done("revise", review("revise")));
    await page.locator(".composer .banner.warn", { hasText: "It blames the customer." }).waitFor();
    assert.equal(await text.inputValue(), "Hello you");
    assert.equal(await page.locator(".composer mark.high").innerText(), "Hello");
    await page.locator(".findings button", { hasText: "suggestion" }).click();
    assert.equal(await text.inputValue(), "Sorry you");
    await text.press("Control+z");
    assert.equal(await text.inputValue(), "Hello you");

    await send(done("blocked", review("block")));
    await page.locator(".composer .banner.bad", { hasText: "blocked" }).waitFor();
    assert.notEqual(sent[0].id, sent[1].id);

    // Nobody answers: the same reply again, by the same id, and once only.
    await send("none");
    const again = page.locator(".banner button", { hasText: "Send again" });
    await again.waitFor();
    answer = done("held");
    await again.click();
    await page.locator(".toast.success").waitFor();
    assert.equal(await text.inputValue(), "");
    assert.equal(sent[2].id, sent[3].id);

    await send({ status: 409, contentType: "application/problem+json", json: { type: "/problems/conversation-moved", title: "Moved", status: 409, sequence: 9_999, newer: [{ feed: 1, sequence: 9_999, kind: "reply-drafted", at: "2026-03-02T10:00:00Z", data: { reply: "x" }, text: "A colleague's answer" }] } });
    await page.locator(".banner.warn", { hasText: "A colleague's answer" }).waitFor();
    assert.equal(await text.inputValue(), "Hello you");
    answer = done("published");
    await page.locator(".banner button", { hasText: "I have read it" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    assert.equal(sent.at(-1).expected, 9_999);

    // Enter twice is one reply.
    const before = sent.length;
    answer = done("published");
    await text.fill("Once");
    await Promise.all([text.press("Control+Enter"), text.press("Control+Enter")]);
    await until(() => sent.length > before, "nothing was sent");
    await page.waitForTimeout(400);
    assert.equal(sent.length, before + 1);
  },

  async "a note looks, reads and is sent otherwise than a reply"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    simulated.answers.set("/notes", (route) => route.fulfill({ json: {} }));
    const page = await tab(`/c/${simulated.id(1)}`);
    const composer = page.locator(".composer");
    const look = async () => ({
      background: await composer.evaluate((element) => getComputedStyle(element).backgroundColor),
      label: await page.locator("textarea").getAttribute("aria-label"),
      button: await composer.locator(".toolbar button").last().innerText(),
      placeholder: await page.locator("textarea").getAttribute("placeholder"),
    });
    await page.locator("textarea").waitFor();
    const reply = await look();
    await page.locator("body").press("n");
    await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    const note = await look();
    for (const part of Object.keys(reply)) assert.notEqual(reply[part], note[part], part);
    await page.locator("textarea").fill("For colleagues");
    await page.locator("textarea").press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    assert.deepEqual(simulated.sent.map(({ path }) => path.split("/").at(-1)), ["notes"]);
  },

  async "a placeholder that is not filled in stops a reply"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("Dear [name], your parcel is on its way.");
    await page.locator(".composer .why", { hasText: "placeholder" }).waitFor();
    assert.ok((await page.locator(".composer mark").count()) > 0);
    await text.press("Control+Enter");
    await quiet();
    assert.deepEqual(simulated.sent, []);
    await text.fill("Dear Kim, your parcel is on its way.");
    await text.press("Control+Enter");
    await until(() => simulated.sent.length === 1, "nothing was sent");
  },

  async "an approved answer is found by its words and inserted at the caret, undoably"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const asked = [];
    await context.route(/\/knowledge\?/, (route) => {
      asked.push(new URL(route.request().url()).searchParams.get("q") ?? "");
      return route.fulfill({ json: { articles: [{ id: "bag", title: "Late baggage", text: "We deliver it to your hotel.", language: "en", intents: [], never_say: [] }] } });
    });
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("Dear Kim,  Yours, Ana");
    await text.evaluate((field) => field.setSelectionRange(10, 10));
    await page.getByRole("button", { name: "Approved answers" }).click();
    await page.getByLabel("Search approved answers").fill("hotel");
    await until(() => asked.at(-1) === "hotel", "the search was not sent");
    // One request for a word that is typed at once.
    assert.ok(asked.length <= 2, asked.join("|"));
    await page.getByRole("button", { name: "Insert" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value.includes("hotel"));
    assert.equal(await text.inputValue(), "Dear Kim, We deliver it to your hotel. Yours, Ana");
    await text.press("Control+z");
    assert.equal(await text.inputValue(), "Dear Kim,  Yours, Ana");
  },

  async "opening a conversation assigns nothing, and who comes too late for an offer is told so"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 2);
    simulated.change(2, { owner: null, state: "reserved" });
    simulated.answers.set("/accept", (route) => route.fulfill(problem(409, "offer-over")));
    const page = await tab(`/c/${simulated.id(2)}`);
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await quiet();
    assert.deepEqual(simulated.sent, []);
    const time = await it.hostTime();
    await page.locator(".feed.live").waitFor();
    const deadline = await it.hostTime(90_000);
    simulated.offers = [{ id: 7, conversation: simulated.id(2), agent: it.subjects.agent, made_at: time, deadline, again: 0 }];
    feed.tell("offered", { subject: simulated.id(2), time, data: { agent: it.subjects.agent, offer: 7, deadline, again: 0 } });
    simulated.change(2, { owner: "max", state: "active" });
    await page.locator(".offer").first().getByRole("button", { name: "Accept" }).click();
    await page.locator(".toast", { hasText: /The offer is over|Taken by/ }).waitFor();
    await page.locator(".offers .offer").waitFor({ state: "detached" });
  },

  async "two people see that both read and write"(it) {
    const [agent, supervisor] = [await it.openBrowser(), await it.openBrowser({ role: "supervisor", name: "eva" })];
    const theirs = await agent.tab(it.conversationPath);
    const other = await supervisor.tab(it.conversationPath);
    await theirs.locator(".head .badge", { hasText: "eva also looks at this" }).waitFor();
    await other.locator(".head .badge", { hasText: `${it.subjects.agent} also looks at this` }).waitFor();
    await other.locator("textarea").pressSequentially("I");
    await theirs.locator(".head .badge", { hasText: "eva is writing" }).waitFor();
    // A warning, no lock.
    assert.equal(await theirs.locator("textarea").getAttribute("readonly"), null);
    await other.goto("about:blank");
    await theirs.locator(".head .badge", { hasText: "eva" }).waitFor({ state: "detached" });
  },

  async "resolving asks where the customer waits or the conversation is another's"(it) {
    const { context, tab } = await it.openBrowser({ role: "supervisor", name: "eva" });
    const simulated = await SimulatedConversations.start(it, context, 1);
    simulated.change(1, { owner: "max" });
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".message").first().waitFor();
    await page.locator("body").press("e");
    const dialog = page.locator("dialog[open]");
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /max owns this conversation/);
    assert.match(await dialog.innerText(), /unanswered/);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.deepEqual(simulated.sent, []);
  },

  async "an act is taken back in its own conversation, whichever is open by then"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 2);
    simulated.answer(1, await it.hostTime());
    simulated.answers.set("/actions", (route) => route.fulfill({ json: { state: "waiting-on-customer", exceeds_capacity: false, sequence: 42 } }));
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".message").first().waitFor();
    await page.locator(".head").getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Wait on customer" }).click();
    const undo = page.getByRole("button", { name: "Undo" });
    await undo.waitFor();
    await page.goto(page.url().replace(/#.*/, `#/c/${simulated.id(2)}`));
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await undo.click();
    await until(() => simulated.sent.length === 2, "nothing was taken back");
    const [, { path, body }] = simulated.sent;
    assert.deepEqual([path, body.action, body.expected], [`/conversations/${simulated.id(1)}/actions`, "resume", 42]);
  },

  async "a reply that is taken back returns to its own conversation"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 2);
    simulated.change(1, { opted_out_since: null, reply_window: null });
    simulated.change(2, { opted_out_since: null, reply_window: null });
    const [sent, takenBack] = [[], []];
    simulated.answers.set("/replies", async (route, { body }) => {
      sent.push(body);
      const sends_at = await it.hostTime(10 * TIMEOUT_MS);
      return route.fulfill({ json: { state: "active", owner: it.subjects.agent, exceeds_capacity: false, sequence: 90, reply: { id: body.id, status: "published", sends_at } } });
    });
    simulated.answers.set("/take-back", (route, { path }) => {
      const [, , conversation, , reply] = path.split("/");
      takenBack.push(conversation);
      const { text } = sent.find(({ id }) => id === reply);
      return route.fulfill({ json: { reply, state: "active", owner: it.subjects.agent, sequence: 91, written: { text, written_by: "human" } } });
    });
    const page = await tab(`/c/${simulated.id(1)}`);
    const field = page.locator("textarea");
    const waiting = page.locator(".toast", { hasText: "sent in" });
    const holds = (text) => page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, text);
    const open = (id) => page.evaluate((to) => (location.hash = `#/c/${to}`), id);

    // By the key, in the same composer; what was begun since then stays.
    await field.fill("One");
    await field.press("Control+Enter");
    await waiting.waitFor();
    await holds("");
    await field.fill("begun");
    await field.press("Control+Shift+Enter");
    await holds("One\n\nbegun");
    assert.equal(await waiting.count(), 0);

    // The words are a new reply: the id of the first sends nothing any more.
    await field.press("Control+Enter");
    await waiting.waitFor();
    assert.notEqual(sent[1].id, sent[0].id);

    // From another conversation, whose draft is not touched.
    await open(simulated.id(2));
    await holds("");
    await field.fill("for another customer");
    await waiting.getByRole("button", { name: /Take back/ }).click();
    await holds("One\n\nbegun");
    assert.ok(page.url().includes(simulated.id(1)));
    await open(simulated.id(2));
    await holds("for another customer");
    assert.deepEqual(takenBack, [simulated.id(1), simulated.id(1)]);
    assert.equal(sent.length, 2);
  },
};
