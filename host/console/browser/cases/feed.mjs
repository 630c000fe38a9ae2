// The event stream: tabs, lost connections, sleep, and what is read again.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { listRow, problem, wholeList } from "../fixtures.mjs";
import { quiet, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

/** A port that is served again after a pause. */
const PORT = 5397;

export const cases = {
  async "twelve tabs share one stream"(it) {
    const { context, tab } = await it.openBrowser();
    let streams = 0;
    context.on("request", (request) => (streams += /\/events/.test(request.url()) ? 1 : 0));
    const tabs = [];
    for (let index = 0; index < 12; index += 1) tabs.push(await tab(it.conversationPath));
    for (const page of tabs) await page.locator(".feed.live").waitFor();
    assert.equal(streams, 1);
    // The next tab takes over without a gap.
    await tabs[0].close();
    await until(() => streams > 1, "no tab took over");
    await tabs[5].locator(".feed.live").waitFor();
    assert.equal(streams, 2);
  },

  async "the feed comes back after the host was away"(it) {
    let server = await it.serve({ port: PORT });
    const { tab } = await it.openBrowser({ server });
    const page = await tab(it.conversationPath);
    await page.locator(".feed.live").waitFor();
    await page.locator("textarea").waitFor();
    server.stop();
    await page.locator(".feed.broken").waitFor();
    await page.locator("textarea").fill("kept");
    assert.equal(await page.locator(".composer .toolbar button").last().getAttribute("aria-disabled"), "true");
    server = await it.serve({ port: PORT });
    await page.locator(".feed.live").waitFor();
    assert.equal(await page.locator("textarea").inputValue(), "kept");
  },

  async "an offer shows, and leaves when it is over"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    let open = [];
    const over = new Set();
    await context.route(/\/offers\?/, (route) => route.fulfill({ json: { offers: open } }));
    const answered = [];
    await context.route(/\/offers\/\d+\/(accept|decline)$/, (route) => {
      answered.push(route.request().url().split("/").slice(-2).join("/"));
      return route.fulfill({ json: { state: "active", exceeds_capacity: false } });
    });
    const page = await tab("/inbox");
    await page.locator(".feed.live").waitFor();
    const [time, deadline] = await Promise.all([it.hostTime(), it.hostTime(90_000)]);
    const tell = (kind, offer) => {
      // What a read tells agrees with the events.
      if (kind !== "offered") over.add(offer);
      open = kind === "offered" && !over.has(offer) ? [{ id: offer, conversation: it.subjects.conversation, agent: it.subjects.agent, made_at: time, deadline, again: 0 }] : [];
      feed.tell(kind, { time, subject: it.subjects.conversation, data: { agent: it.subjects.agent, offer, deadline, again: 0 } });
    };
    const card = page.locator(".offers .offer");
    const told = Date.now();
    tell("offered", 1);
    await card.first().waitFor();
    console.log(`    on the screen after ${Date.now() - told} ms`);
    await page.waitForFunction(() => document.title.startsWith("(1)"));
    tell("timed-out", 1);
    await card.first().waitFor({ state: "detached" });
    // What is over does not come back by a late event.
    tell("offered", 1);
    await quiet();
    assert.equal(await card.count(), 0);
    tell("offered", 2);
    await card.getByRole("button", { name: "Decline" }).click();
    await card.first().waitFor({ state: "detached" });
    tell("offered", 3);
    await card.first().waitFor();
    await page.locator("body").press("a");
    await page.waitForURL(/#\/c\//);
    assert.deepEqual(answered, ["2/decline", "3/accept"]);
  },

  async "open offers are read again after a failure, and the page says so"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    await SimulatedConversations.start(it, context, 1);
    const [made_at, deadline] = await Promise.all([it.hostTime(), it.hostTime(90_000)]);
    const offers = [{ id: 4, conversation: it.subjects.conversation, agent: it.subjects.agent, made_at, deadline, again: 0 }];
    let isBroken = true;
    await context.route(/\/offers\?/, (route) => route.fulfill(isBroken ? problem(503, "storage") : { json: { offers } }));
    const page = await tab("/inbox");
    const alert = page.getByRole("alert").filter({ hasText: "Offers cannot be read" });
    await alert.waitFor();
    isBroken = false;
    // No event tells of it, and nobody presses anything.
    await page.locator(".offers .offer").waitFor();
    await alert.waitFor({ state: "detached" });
  },

  async "a connection that says nothing is noticed, and what was missed is not lost"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    await context.clock.install();
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".feed.live").waitFor();
    const last = feed.tell("received", { subject: "f".repeat(32), time: await it.hostTime(), data: {} });
    await page.waitForTimeout(200);
    // Two comments are missing: as after sleep.
    await page.clock.runFor(40_000);
    await until(() => feed.requests.length >= 2, "no second connection");
    assert.equal(feed.requests.at(-1).last, String(last));
  },

  async "events that the host no longer has make the page read again, with the text untouched"(it) {
    const feed = new FakeFeed();
    let isGone = false;
    const server = await it.serve({
      intercept: (incoming, outgoing) => {
        if (!isGone || !/\/events/.test(incoming.url) || !incoming.headers["last-event-id"]) return feed.intercept(incoming, outgoing);
        isGone = false;
        outgoing.writeHead(410, { "content-type": "application/problem+json" });
        outgoing.end(JSON.stringify({ type: "/problems/expired", title: "Gone", status: 410, newest: 80_000_000 }));
        return true;
      },
    });
    const { context, tab } = await it.openBrowser({ server });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".feed.live").waitFor();
    await page.locator("textarea").fill("kept");
    simulated.receive(1, "Written while the page was away", await it.hostTime());
    isGone = true;
    feed.cut();
    await page.locator(".message", { hasText: "Written while the page was away" }).waitFor();
    await page.locator(".feed.live").waitFor();
    assert.equal(await page.locator("textarea").inputValue(), "kept");
    assert.equal(feed.requests.at(-1).last, "80000000");
  },

  async "counts and rows are of one answer, also after a lost connection"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    let count = 2;
    await context.route(/\/conversations\?/, (route) => route.fulfill({ json: wholeList(Array.from({ length: count }, (_, index) => listRow(index, { owner: it.subjects.agent }))) }));
    const page = await tab("/inbox");
    await page.locator(".feed.live").waitFor();
    const shown = async () => [await page.locator(".tabs [aria-current] .number").innerText(), String(await page.locator('[role="option"]').count())];
    await until(async () => (await shown()).join() === "2,2", "two rows");
    count = 5;
    feed.tell("accepted", { subject: listRow(1).id, time: await it.hostTime(), data: { agent: it.subjects.agent } });
    await until(async () => (await shown()).join() === "5,5", "five rows");
    count = 3;
    feed.isOpen = false;
    feed.cut();
    await page.locator(".feed.broken").waitFor();
    feed.isOpen = true;
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await page.locator(".feed.live").waitFor();
    feed.tell("state-changed", { subject: listRow(4).id, time: await it.hostTime(), data: { to: "resolved" } });
    await until(async () => (await shown()).join() === "3,3", "three rows");
  },

  async "a change of presence reads the offers again"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    await context.route(/\/presence$/, (route) => route.fulfill({ json: { presence: "available" } }));
    const page = await tab("/inbox");
    await page.locator(".feed.live").waitFor();
    await until(() => simulated.reads.includes("/offers"), "no offers were read");
    const before = simulated.reads.filter((path) => path === "/offers").length;
    await page.locator(".presence").getByRole("button").first().click();
    await page.getByRole("menuitem", { name: "Available" }).click();
    await until(() => simulated.reads.filter((path) => path === "/offers").length > before, "the offers were not read again");
  },

  async "a wait has an end, with the reason and a way to try again"(it) {
    const { context, tab } = await it.openBrowser();
    let isStuck = true;
    await context.route(/\/conversations\?/, (route) => (isStuck ? undefined : route.fulfill({ json: wholeList([listRow(1, { owner: it.subjects.agent })]) })));
    const page = await tab("/inbox");
    const retry = page.locator(".rows").getByRole("button", { name: /again|retry/i });
    await retry.waitFor();
    isStuck = false;
    await retry.click();
    await page.locator('[role="option"]').first().waitFor();
  },

  async "what could not be read is read as soon as the host answers, on every screen"(it) {
    const { context, tab } = await it.openBrowser();
    const agent = await it.read(`/agents/${it.subjects.agent}`);
    let isBroken = true;
    await context.route(/\/conversations\?/, (route) => route.fulfill(isBroken ? problem(503, "storage") : { json: wholeList([listRow(1, { owner: it.subjects.agent })]) }));
    await context.route(new RegExp(`/agents/${it.subjects.agent}$`), (route) => route.fulfill(isBroken ? problem(503, "storage") : { json: { ...agent, not_responding: true } }));
    const page = await tab("/inbox");
    await page.locator(".rows").getByRole("button", { name: /again/i }).waitFor();
    isBroken = false;
    // Nobody presses the button, and no event comes.
    await page.locator('[role="option"]').first().waitFor();
    await page.getByRole("alert").filter({ hasText: "Not responding" }).waitFor();
  },

  async "nothing is read without a reason while the stream lives"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 3);
    await context.clock.install();
    const page = await tab("/inbox");
    await page.locator(".feed.live").waitFor();
    await page.locator('[role="option"]').first().waitFor();
    await quiet();
    const requests = [];
    context.on("request", (request) => requests.push(request.url()));
    const before = simulated.reads.length;
    for (let second = 0; second < 120; second += 10) {
      feed.keepAlive();
      await page.waitForTimeout(30);
      await page.clock.runFor(10_000);
    }
    await quiet();
    assert.equal(simulated.reads.length, before, simulated.reads.slice(before).join(" "));
    assert.deepEqual(requests, []);
  },

  async "an offer that is over leaves every tab"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const tabs = [await tab("/inbox"), await tab("/inbox")];
    for (const page of tabs) await page.locator(".feed.live").waitFor();
    const [time, deadline] = await Promise.all([it.hostTime(), it.hostTime(90_000)]);
    const tell = (kind) => feed.tell(kind, { time, subject: it.subjects.conversation, data: { agent: it.subjects.agent, offer: 9, deadline, again: 0 } });
    // What a read tells agrees with the events.
    simulated.offers = [{ id: 9, conversation: it.subjects.conversation, agent: it.subjects.agent, made_at: time, deadline, again: 0 }];
    tell("offered");
    for (const page of tabs) await page.locator(".offers .offer").waitFor();
    simulated.offers = [];
    tell("withdrawn");
    for (const page of tabs) {
      await page.locator(".offers .offer").waitFor({ state: "detached" });
      await page.waitForFunction(() => !document.title.startsWith("("));
    }
  },

  async "closing the page changes no presence, and who does not respond comes back by one key"(it) {
    await it.send("PUT", `/agents/${it.subjects.agent}/presence`, { presence: "available" });
    const { context, tab } = await it.openBrowser();
    const page = await tab("/inbox");
    await page.locator("div.presence", { hasText: "Available" }).waitFor();
    await page.close();
    assert.equal((await it.read(`/agents/${it.subjects.agent}`)).presence, "available");
    const told = [];
    const agent = await it.read(`/agents/${it.subjects.agent}`);
    await context.route(new RegExp(`/agents/${it.subjects.agent}$`), (route) => route.fulfill({ json: { ...agent, not_responding: told.length === 0 } }));
    await context.route(/\/presence$/, (route) => {
      told.push(route.request().postDataJSON());
      return route.fulfill({ json: { presence: "available" } });
    });
    const second = await tab("/inbox");
    const alert = second.locator(".silent[role=alert]");
    await alert.getByRole("button").press("Enter");
    await alert.waitFor({ state: "detached" });
    assert.deepEqual(told, [{ presence: "available" }]);
  },

  async "who does not respond sees it beside an open conversation on a phone, and returns by one key"(it) {
    const { context, tab } = await it.openBrowser({ viewport: { width: 390, height: 844 } });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const told = [];
    const agent = await it.read(`/agents/${it.subjects.agent}`);
    await context.route(new RegExp(`/agents/${it.subjects.agent}$`), (route) => route.fulfill({ json: { ...agent, not_responding: told.length === 0 } }));
    await context.route(/\/presence$/, (route) => {
      told.push(route.request().postDataJSON());
      return route.fulfill({ json: { presence: "available" } });
    });
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".message").first().waitFor();
    const alert = page.getByRole("alert").filter({ hasText: "Not responding" });
    await alert.waitFor();
    // The notice and the field to write in are both in sight.
    for (const place of [alert, page.locator("textarea")]) {
      const box = await place.boundingBox();
      assert.ok(box && box.y >= 0 && box.y + box.height <= 844, JSON.stringify(box));
    }
    await page.locator("body").press("b");
    await alert.waitFor({ state: "detached" });
    assert.deepEqual(told, [{ presence: "available" }]);
  },
};
