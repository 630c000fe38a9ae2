// What waits for supervisors and operators is seen on every screen.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { problem, wholeList } from "../fixtures.mjs";
import { quiet, until } from "../harness.mjs";

/** A browser of a supervisor for whom nothing waits yet; `waits` holds what the host answers, `reads` what was counted. */
async function watch(it) {
  const feed = new FakeFeed();
  const { context, tab } = await it.openBrowser({ role: "supervisor", name: "eva", server: await it.serve({ intercept: feed.intercept }) });
  const waits = { approvals: 0, alerts: 0, incidents: 0, missed: 0 };
  const reads = [];
  const rows = (count, row) => Array.from({ length: count }, (_, index) => row(index));
  const time = await it.hostTime();
  const answers = {
    approvals: () => ({ approvals: rows(waits.approvals, (index) => ({ conversation: "f".repeat(32), reply: `r${index}`, mine: true, author: "ana", at: time, step: 1, steps: 1, need: "any", approvers: [], approved: [], findings: [], channel: "chat" })) }),
    alerts: () => ({ alerts: rows(waits.alerts, (index) => ({ feed: index + 1, sequence: 0, kind: "alerted", at: time, data: { alert: "undeliverable" } })) }),
    incidents: () => ({ incidents: rows(waits.incidents, (index) => ({ subject: `s${index}`, state: "open", open: 1, conversations: [] })) }),
    conversations: () => ({ ...wholeList([]), counts: { matching: 0, by_state: {}, at_risk: 0, missed: waits.missed } }),
  };
  await context.route(/\/(approvals|alerts|incidents|conversations)\?/, (route) => {
    const name = /\/(approvals|alerts|incidents|conversations)\?/.exec(route.request().url())[1];
    reads.push(name);
    return route.fulfill({ json: answers[name]() });
  });
  const badge = (page, name) => page.getByRole("navigation").getByRole("link", { name }).locator(".waits");
  const tell = (kind, data = {}) => feed.tell(kind, { time, subject: "f".repeat(32), data });
  return { feed, tab, context, waits, reads, badge, tell };
}

export const cases = {
  async "what could not be counted is counted as soon as the host answers"(it) {
    const { context, tab, waits, badge } = await watch(it);
    waits.approvals = 1;
    let isBroken = true;
    await context.route(/\/approvals\?/, (route) => (isBroken ? route.fulfill(problem(503, "storage")) : route.fallback()));
    const page = await tab("/people");
    await page.locator(".feed.live").waitFor();
    await quiet();
    assert.equal(await badge(page, /Approvals/).count(), 0);
    isBroken = false;
    await badge(page, /Approvals/).waitFor();
  },

  async "what waits for a supervisor is counted on every screen, in the title and on the icon of the tab"(it) {
    const { tab, waits, badge, tell } = await watch(it);
    const page = await tab("/people");
    await page.locator(".feed.live").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Approvals" }).waitFor();
    assert.equal(await page.locator(".waits").count(), 0);
    assert.match(await page.locator("link[rel=icon]").getAttribute("href"), /icon\.svg$/);
    Object.assign(waits, { approvals: 2, alerts: 1, missed: 3 });
    tell("reply-held");
    tell("alerted", { alert: "undeliverable" });
    tell("clock-rang");
    await badge(page, /Approvals/).waitFor();
    assert.match(await badge(page, /Approvals/).innerText(), /2\s*2 approvals wait for you/);
    await until(async () => /\b1 open alert/.test(await badge(page, /Alerts/).innerText()), "no alert is counted");
    await until(async () => (await badge(page, /Floor/).count()) === 1 && /3 conversations missed/.test(await badge(page, /Floor/).innerText()), "no missed target is counted");
    await page.waitForFunction(() => document.title.startsWith("(6)"));
    assert.match(await page.locator("link[rel=icon]").getAttribute("href"), /icon-waiting\.svg$/);
    Object.assign(waits, { approvals: 0, alerts: 0, missed: 0 });
    tell("reply-published");
    tell("alert-acknowledged");
    tell("state-changed", { from: "active", to: "resolved" });
    await page.locator(".waits").first().waitFor({ state: "detached" });
    await page.waitForFunction(() => !document.title.startsWith("("));
  },

  async "what waits is counted again after an event that may change it, and never without"(it) {
    const { feed, tab, context, waits, reads, badge, tell } = await watch(it);
    await context.clock.install();
    const page = await tab("/people");
    await page.locator(".feed.live").waitFor();
    await until(() => ["approvals", "alerts", "incidents", "conversations"].every((name) => reads.includes(name)), "not all was counted");
    const pass = async (seconds) => {
      for (let second = 0; second < seconds; second += 10) {
        feed.keepAlive();
        await page.waitForTimeout(30);
        await page.clock.runFor(10_000);
      }
    };
    await pass(20);
    reads.length = 0;
    tell("offered");
    tell("presence-changed", { agent: "max" });
    await pass(120);
    assert.deepEqual(reads, []);
    waits.approvals = 1;
    for (let index = 0; index < 50; index += 1) tell("reply-held");
    await pass(20);
    await badge(page, /Approvals/).waitFor();
    // Fifty events are one read, or two.
    assert.ok(reads.length <= 2 && reads.every((name) => name === "approvals"), reads.join());
  },
};
