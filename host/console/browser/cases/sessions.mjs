// Sign-in at a host with tokens, and a host that restarts or is another version under a page.
import assert from "node:assert/strict";
import { until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

/** The place in the console that an address of `token link` leads to. */
const placeOf = (output) => /#(\/sign-in\?\S+)/.exec(output)[1];
const link = async (host, ...more) => placeOf(await host.command(["token", "link", "--company", "northwind", ...more]));
const agentsToken = (host) => host.command(["token", "create", "--company", "northwind", "--role", "agent", "--agent", "ana"]);

async function signIn(page, token) {
  await page.locator("#token").fill(token);
  await page.locator("#token").press("Enter");
  await page.locator(".feed.live").waitFor();
}

export const cases = {
  async "a one-time link signs one person in, once, and leaves nothing that a script could read"(it) {
    const host = await it.startHost();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ host: host.address }) });
    const place = await link(host, "--role", "agent", "--agent", "ana");
    const page = await tab(place);
    await page.locator(".feed.live").waitFor();
    assert.match(page.url(), /#\/inbox$/);
    const [cookie, ...others] = await context.cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite, others], [true, "Strict", []]);
    const seen = await page.evaluate(() => [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), location.href].join());
    assert.ok(!seen.includes(cookie.value) && !seen.includes("pb_"), "a script can read the secret");
    const second = await it.openBrowser({ server: await it.serve({ host: host.address }) });
    const refused = await second.tab(place);
    await refused.locator('[role="alert"]').waitFor();
    assert.equal(await refused.locator(".feed.live").count(), 0);
    assert.ok(!refused.url().includes("code="), "the code is still in the address");
  },

  async "a token signs in, a wrong one is refused, and signing out everywhere reaches every browser"(it) {
    const host = await it.startHost();
    const token = await agentsToken(host);
    const browsers = await Promise.all([1, 2].map(async () => it.openBrowser({ server: await it.serve({ host: host.address }) })));
    const [first, second] = await Promise.all(browsers.map(({ tab }) => tab("/inbox")));
    await first.locator("#token").fill(token.slice(0, -1) + (token.endsWith("0") ? "1" : "0"));
    await first.locator("#token").press("Enter");
    await first.locator('[role="alert"]').waitFor();
    assert.equal(await first.locator("#token").inputValue(), "");
    await signIn(first, token);
    await signIn(second, token);
    await first.getByRole("button", { name: "Account" }).click();
    await first.getByRole("menuitem", { name: "Sign out everywhere" }).click();
    await first.locator("#token").waitFor();
    await second.locator("#token").waitFor();
    assert.deepEqual(await browsers[0].context.cookies(), []);
  },

  async "a revoked token ends the page's session, and no request is answered any more"(it) {
    const host = await it.startHost();
    const { tab } = await it.openBrowser({ server: await it.serve({ host: host.address }) });
    const page = await tab("/inbox");
    await signIn(page, await agentsToken(host));
    const { tokens } = await host.send("GET", "/v1/tokens");
    const { id } = tokens.find(({ agent }) => agent === "ana");
    await host.command(["token", "revoke", id]);
    await page.locator("dialog[open] #token").waitFor();
    assert.equal(await page.evaluate(async () => (await fetch("/v1/companies/northwind/conversations")).status), 401);
  },

  async "a page stays signed in over a restart of the host, and sends what was written meanwhile"(it) {
    const host = await it.startHost();
    const { tab } = await it.openBrowser({ server: await it.serve({ host: host.address }) });
    const page = await tab("/inbox");
    await signIn(page, await agentsToken(host));
    await host.send("POST", "/v1/companies/northwind/interactions", { id: "m1", channel: "chat", text: "Where is my order?", author: { address: "kim", name: "Kim" } });
    await page.getByRole("button", { name: "Accept" }).first().click();
    const text = page.locator("textarea");
    await text.fill("It is on its way");
    await host.stop();
    await page.locator(".feed:not(.live)").waitFor();
    await text.fill("It is on its way and comes tomorrow");
    await host.start();
    await page.locator(".feed.live").waitFor();
    assert.equal(await text.inputValue(), "It is on its way and comes tomorrow");
    await page.waitForFunction(() => document.querySelector("textarea").readOnly === false);
    await text.press("Control+Enter");
    await page.locator("[role=log]", { hasText: "It is on its way and comes tomorrow" }).waitFor();
    await until(async () => (await text.inputValue()) === "", "the reply is still in the composer");
  },

  async "a page of a version that is gone from the host says so, and loses nothing by the reload"(it) {
    let isOther = false;
    const intercept = (incoming, outgoing) => {
      if (!isOther || !/\/assets\/TemplateDialog/.test(incoming.url)) return false;
      outgoing.writeHead(404).end();
      return true;
    };
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator("textarea").fill("Written in the version before");
    isOther = true;
    await page.getByRole("button", { name: "Templates" }).click();
    const notice = page.locator(".toast", { hasText: "new version" });
    await notice.waitFor();
    isOther = false;
    await notice.getByRole("button", { name: "Reload" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "Written in the version before");
    await page.getByRole("button", { name: "Templates" }).click();
    await page.locator("dialog[open]").waitFor();
  },

  async "on a slow network a page is usable, and two presses send one reply"(it) {
    const { context, tab } = await it.openBrowser();
    const page = await tab("/inbox");
    const network = await context.newCDPSession(page);
    // About a second generation mobile network.
    await network.send("Network.emulateNetworkConditions", { offline: false, latency: 600, downloadThroughput: 30_000, uploadThroughput: 15_000 });
    await page.goto(page.url().replace(/#.*/, `#${it.conversationPath}`));
    const text = page.locator("textarea");
    const words = `I look for it now, case ${Date.now().toString(36)}.`;
    await text.fill(words);
    await text.press("Control+Enter");
    await text.press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    const { entries } = await it.read(`/conversations/${it.subjects.conversation}/history?limit=200`);
    assert.equal(entries.filter((entry) => entry.text === words).length, 1);
  },
};
