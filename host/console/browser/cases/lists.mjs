// Lists: filters in the address, an order that stays under the pointer, and where the focus goes.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { listPage, listRow, wholeList } from "../fixtures.mjs";
import { quiet, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

export const cases = {
  async "filters are in the address, and nowhere else"(it) {
    const { context, tab } = await it.openBrowser({ role: "supervisor", name: "eva" });
    const asked = [];
    await context.route(/\/conversations\?/, (route) => {
      asked.push(new URL(route.request().url()).searchParams.get("state") ?? "");
      return route.fulfill({ json: wholeList([listRow(1)]) });
    });
    const page = await tab("/conversations?state=queued");
    await page.locator("main tbody tr, main [role=option], main [role=row]").first().waitFor();
    await until(() => asked.includes("queued"), "the filter of the address was not used");
    await page.goto(page.url().replace(/#.*/, "#/conversations?state=resolved"));
    await until(() => asked.at(-1) === "resolved", "the new filter was not used");
    await page.goBack();
    await until(() => asked.at(-1) === "queued", "the back button did not bring the filter back");
    // Another screen begins without the filter, and so does the list without one in its address.
    await page.goto(page.url().replace(/#.*/, "#/floor"));
    await page.locator("h1").waitFor();
    await page.goto(page.url().replace(/#.*/, "#/conversations"));
    await until(() => !asked.at(-1).startsWith("queued,") && asked.at(-1) !== "queued", "the filter leaked");
  },

  async "rows stay under the pointer until the person applies the changes"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    let order = [1, 2, 3];
    await context.route(/\/conversations\?/, (route) => route.fulfill({ json: wholeList(order.map((index) => listRow(index, { owner: it.subjects.agent }))) }));
    const page = await tab("/inbox");
    await page.locator(".feed.live").waitFor();
    const names = async () => {
      const rows = await page.locator('[role="option"]').evaluateAll((all) => all.map((row) => [row.offsetTop, /Customer \d/.exec(row.textContent)?.[0]]));
      return rows.sort((a, b) => a[0] - b[0]).map(([, name]) => name).join();
    };
    await until(async () => (await names()) === "Customer 1,Customer 2,Customer 3", "three rows");
    await page.locator('[role="option"]').nth(1).hover();
    order = [3, 2, 1];
    feed.tell("accepted", { subject: listRow(1).id, time: await it.hostTime(), data: { agent: it.subjects.agent } });
    const changes = page.locator(".changes");
    await changes.waitFor();
    assert.equal(await names(), "Customer 1,Customer 2,Customer 3");
    // By the keyboard: a pointer that leaves the list applies them, too.
    await changes.press("Enter");
    await until(async () => (await names()) === "Customer 3,Customer 2,Customer 1", "the order was not applied");
  },

  async "after a conversation is resolved the next one opens, and the focus goes along"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 2);
    const time = await it.hostTime();
    for (const number of [1, 2]) simulated.answer(number, time);
    simulated.answers.set("/actions", (route, { path }) => {
      const number = path.includes(simulated.id(1)) ? 1 : 2;
      simulated.change(number, { state: "resolved" });
      feed.tell("state-changed", { subject: simulated.id(number), time, data: { to: "resolved" } });
      return route.fulfill({ json: { state: "resolved", exceeds_capacity: false } });
    });
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".feed.live").waitFor();
    await page.locator(".message", { hasText: "Message of customer 1" }).waitFor();
    await page.locator("body").press("e");
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "log");
    await until(async () => (await page.locator('[role="option"]').count()) === 1, "the resolved one is still in the list");
    await page.locator("body").press("e");
    // Nothing is left: the page says so.
    await page.getByText("You have no conversations").waitFor();
    assert.deepEqual(simulated.sent.map(({ body }) => body.action), ["resolve", "resolve"]);
  },

  async "the row that has the focus exists also out of sight"(it) {
    const { context, tab } = await it.openBrowser();
    await context.route(/\/conversations\?/, (route) => route.fulfill({ json: listPage(it.subjects.agent, 0) }));
    const page = await tab("/inbox");
    const list = page.locator('[role="listbox"]');
    await list.locator('[role="option"]').first().waitFor();
    await list.focus();
    for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowDown");
    await list.evaluate((element) => (element.scrollTop = 4_000));
    await quiet();
    const [active, isThere] = await list.evaluate((element) => {
      const id = element.getAttribute("aria-activedescendant");
      return [id, id !== null && document.getElementById(id) !== null];
    });
    assert.ok(isThere, `${active} is not drawn`);
  },

  async "all times are of one zone"(it) {
    const { context, tab } = await it.openBrowser({ preferences: { zone: "Asia/Kolkata" }, timezoneId: "America/New_York" });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const time = page.locator(".message time").first();
    await time.waitFor();
    const [shown, title, at] = await time.evaluate((element) => [element.textContent, element.getAttribute("title"), element.getAttribute("datetime")]);
    const inZone = new Intl.DateTimeFormat("en-GB", { timeZone: "Asia/Kolkata", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
    assert.ok(shown.includes(inZone), `${shown} is not ${inZone}`);
    assert.ok(title?.includes(inZone), `${title} is not of ${inZone}`);
  },

  async "a search is on the host, one at a time, and stays in the address"(it) {
    const { context, tab } = await it.openBrowser();
    const [asked, cancelled] = [[], []];
    let hold;
    await context.route(/\/conversations\/search/, async (route) => {
      const { text } = route.request().postDataJSON();
      asked.push({ text, url: route.request().url() });
      // The first answer is late: the next search cancels it.
      if (text === "suit") await new Promise((go) => (hold = go));
      return route.fulfill({ json: { ...wholeList([listRow(7, { owner: it.subjects.agent, name: `Found by ${text}` })]), search: { by: "words", complete: true, outdated: 0 } } }).catch(() => {});
    });
    context.on("requestfailed", (request) => request.url().includes("/search") && cancelled.push(request.postDataJSON().text));
    const page = await tab("/inbox");
    const field = page.getByRole("searchbox", { name: "Search conversations" });
    await field.waitFor();
    await page.locator("body").press("/");
    await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "search");
    await field.fill("suit");
    await until(() => hold, "nothing was searched for");
    // Letters that follow each other at once, however slow the machine.
    await field.evaluate((element) => {
      for (const value of ["suitc", "suitca", "suitcas", "suitcase"]) {
        element.value = value;
        element.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
    });
    await page.locator('[role="option"]', { hasText: "Found by suitcase" }).waitFor();
    assert.deepEqual(cancelled, ["suit"]);
    hold();
    // One request for letters that follow each other, and the words are in no address of a request.
    assert.deepEqual(asked.map(({ text }) => text), ["suit", "suitcase"]);
    assert.ok(asked.every(({ url }) => !url.includes("suit")));
    assert.match(page.url(), /#.*suitcase/);
    await page.reload();
    await page.locator('[role="option"]', { hasText: "Found by suitcase" }).waitFor();
    await page.locator('[role="option"]').first().click();
    await page.waitForURL(/#\/c\//);
    await page.goBack();
    await page.locator('[role="option"]', { hasText: "Found by suitcase" }).waitFor();
    assert.equal(await field.inputValue(), "suitcase");
  },
};
