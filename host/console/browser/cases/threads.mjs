// Long conversations and the place of the reader.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { conversationWith, problem } from "../fixtures.mjs";
import { quiet, TIMEOUT_MS, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

export const cases = {
  async "a long thread keeps the reader's place"(it) {
    const { context, tab } = await it.openBrowser();
    const { document: document_ } = await conversationWith(it, "x");
    const at = (index) => new Date(Date.UTC(2026, 2, 2, 8, 0) + index * 60_000).toISOString();
    const message = (index) => ({ ordinal: index + 1, sequence: index + 1, interaction: { id: `m${index}`, channel: "chat", text: `Message ${index} ${"word ".repeat(index % 40)}`, received_at: at(index), author: { name: "Jo" } } });
    const entry = (index) => ({ feed: index + 1, sequence: index + 1, kind: "received", at: at(index), data: { interaction: `m${index}` } });
    const indices = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
    const first = 100;
    const newest = 300;
    /** The page that a request asks for; its oldest index. */
    const pageOf = (route, limit) => {
      const before = new URL(route.request().url()).searchParams.get("before");
      const end = before === null ? newest : Number(before) - 1;
      const begin = Math.max(first, end - limit);
      return { begin, end, older: begin > first ? begin + 1 : undefined };
    };
    await context.route(/\/conversations\/[0-9a-f]{32}$/, (route) => route.fulfill({ json: { ...document_, sequence: newest } }));
    await context.route(/\/messages\?/, (route) => {
      const { begin, end, older } = pageOf(route, 50);
      return route.fulfill({ json: { messages: indices(begin, end).map(message).reverse(), older } });
    });
    await context.route(/\/history\?/, (route) => {
      const { begin, end, older } = pageOf(route, 60);
      return route.fulfill({ json: { entries: indices(begin, end).map(entry), older } });
    });
    const page = await tab(it.conversationPath);
    const thread = page.locator(".thread");
    await page.locator(".message", { hasText: "Message 299" }).waitFor();
    assert.ok((await page.locator(".message").count()) <= 50);
    const isAtEnd = () => thread.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight < 2);
    assert.equal(await isAtEnd(), true);
    // Earlier messages load above; what the reader sees stays where it is.
    for (let time = 0; time < 3; time += 1) {
      const [key, moved] = await thread.evaluate(async (it, patience) => {
        const rows = () => [...it.querySelectorAll(".message")];
        it.scrollTop = 150;
        const count = rows().length;
        const seen = rows().find((row) => row.getBoundingClientRect().top > it.getBoundingClientRect().top);
        const text = seen.textContent;
        const from = seen.getBoundingClientRect().top;
        const frame = () => new Promise((next) => requestAnimationFrame(next));
        for (const end = Date.now() + patience; rows().length === count && Date.now() < end; ) await frame();
        await frame();
        await frame();
        const now = rows().find((row) => row.textContent === text);
        return [text.slice(0, 20), now.getBoundingClientRect().top - from];
      }, TIMEOUT_MS);
      assert.ok(Math.abs(moved) <= 1, `${key} moved by ${moved} px`);
    }
    assert.ok((await page.locator(".message").count()) > 100);
  },

  async "what arrives moves a reader who is at the end, and no other"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const time = await it.hostTime();
    for (let count = 0; count < 30; count += 1) simulated.receive(1, `Line ${count} ${"word ".repeat(20)}`, time);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".feed.live").waitFor();
    const thread = page.locator(".thread");
    await page.locator(".message", { hasText: "Line 29" }).waitFor();
    const receive = (text) => {
      simulated.receive(1, text, time);
      feed.tell("received", { subject: simulated.id(1), time, data: { interaction: "x" } });
    };
    const toEnd = () => thread.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    receive("At the end");
    await page.locator(".message", { hasText: "At the end" }).waitFor();
    await until(async () => (await toEnd()) < 2, "the newest message is not in sight");
    await thread.evaluate((element) => (element.scrollTop -= 400));
    await quiet();
    const before = await thread.evaluate((element) => element.scrollTop);
    receive("While the reader is above");
    const pill = page.locator(".pill", { hasText: "1 new" });
    await pill.waitFor();
    assert.ok(Math.abs((await thread.evaluate((element) => element.scrollTop)) - before) <= 1);
    await pill.click();
    await until(async () => (await toEnd()) < 2, "the pill does not lead to the end");
  },

  async "a thread that was open is shown at once"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 2);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".message", { hasText: "Message of customer 1" }).waitFor();
    await page.locator('[role="option"]', { hasText: "Customer 2" }).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    // The host answers no more: what was read is there all the same.
    await context.route(/\/conversations\/[0-9a-f]{32}/, () => undefined);
    await page.locator('[role="option"]', { hasText: "Customer 1" }).click();
    await page.locator(".message", { hasText: "Message of customer 1" }).waitFor();
  },

  async "nothing of one customer shows beside another, however slow or broken the next read is"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 3);
    const at = await it.hostTime();
    simulated.note(1, "Note about customer 1", at);
    simulated.note(2, "Note about customer 2", at);
    const card = (number) => ({ contact: number.toString(16).padStart(32, "c"), name: `Card of customer ${number}`, addresses: [], attributes: {}, opt_outs: [], open: [], resolved: 0 });
    let isSlow = false;
    const waiting = [];
    const answer = (route, what) => (isSlow ? waiting.push(() => route.fulfill(what)) : route.fulfill(what));
    await context.route(/\/contacts\/[0-9a-f]*(c+)(\d)\/card/, (route) => answer(route, { json: card(Number(/(\d)\/card/.exec(route.request().url())[1])) }));
    const page = await tab(`/c/${simulated.id(2)}`);
    const row = (number) => page.locator('[role="option"]', { hasText: `Customer ${number}` });
    await page.locator(".side .contact-name", { hasText: "Card of customer 2" }).waitFor();
    await row(1).click();
    await page.locator(".note", { hasText: "Note about customer 1" }).waitFor();
    await page.locator(".side .contact-name", { hasText: "Card of customer 1" }).waitFor();
    // Back to one whose messages are shown at once: its notes fail, and its card is slow.
    await context.route(/\/notes\?/, (route) => route.fulfill(problem(503, "overloaded")));
    isSlow = true;
    await row(2).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await page.getByText("The notes could not be read.").waitFor();
    assert.equal(await page.getByText("Note about customer 1").count(), 0);
    assert.equal(await page.getByText("Card of customer 1").count(), 0);
    isSlow = false;
    for (const give of waiting.splice(0)) give();
    await page.locator(".side .contact-name", { hasText: "Card of customer 2" }).waitFor();
  },
};
