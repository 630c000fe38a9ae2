// A visitor's day as an agent, on the host itself.
import assert from "node:assert/strict";
import { until } from "../harness.mjs";

export const cases = {
  async "an agent takes an offer, is told what the reply lacks, and sends one that may go out"(it) {
    const agent = it.subjects.agent;
    await it.send("PUT", `/agents/${agent}/presence`, { presence: "available" });
    const { tab } = await it.openBrowser();
    const page = await tab("/inbox");
    await page.locator(".feed.live").waitFor();
    const customer = `offer-${Date.now().toString(36)}`;
    await it.send("POST", "/interactions", { id: customer, channel: "chat", text: "This is outrageous! My suitcase is lost and nobody answers me.", author: { address: customer, name: `Ada ${customer}` } });
    const offer = page.locator(".offers .offer", { hasText: `Ada ${customer}` });
    await offer.waitFor();
    await offer.getByRole("button", { name: "Accept" }).click();
    await page.locator(".message", { hasText: "This is outrageous!" }).waitFor();
    const text = page.locator("textarea");
    await text.fill("That is your own fault. You should have read the terms.");
    await page.locator(".findings li").first().waitFor();
    assert.ok((await page.locator(".composer mark").count()) > 0);
    await text.press("Control+Enter");
    await page.locator(".composer .banner").waitFor();
    assert.equal(await text.inputValue(), "That is your own fault. You should have read the terms.");
    await text.fill("I am sorry that your suitcase is lost and that you had to wait. I look for it now and write to you within the hour.");
    const words = await text.inputValue();
    await text.press("Control+Enter");
    // It waits some seconds: its author takes it back, and sends it again.
    const waiting = page.locator(".toast", { hasText: "sent in" });
    await waiting.waitFor();
    await waiting.getByRole("button", { name: /Take back/ }).click();
    await page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, words);
    await text.press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    const conversation = /#\/c\/([0-9a-f]+)/.exec(page.url())[1];
    await until(async () => (await it.read(`/conversations/${conversation}`)).owner === agent, "the agent does not own it");
    await page.locator(".thread", { hasText: "I am sorry that your suitcase is lost" }).waitFor();
  },

  async "an agent finds a conversation by a word of its messages, and not after the contact is erased"(it) {
    const word = `zq${Date.now().toString(36)}`;
    await it.send("POST", "/interactions", { id: `find-${word}`, channel: "chat", text: `My booking is ${word}, thank you.`, author: { address: `find-${word}`, name: "Lou Example" } });
    const find = async (text) => (await it.send("POST", "/conversations/search", { text })).conversations;
    await until(async () => (await find(word)).length === 1, "it is not found");
    const { tab } = await it.openBrowser({ role: "supervisor", name: "eva" });
    const page = await tab("/conversations");
    await page.getByRole("searchbox", { name: "Search conversations" }).fill(word);
    await page.getByText("Lou Example").first().waitFor();
    const [{ contact }] = await find(word);
    const erased = await fetch(new URL(`/v1/companies/${it.subjects.company}/contacts/${contact}`, it.host), { method: "DELETE" });
    assert.ok(erased.ok, `${erased.status}`);
    assert.deepEqual(await find(word), []);
  },
};
