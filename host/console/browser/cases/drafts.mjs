// What a person wrote and did not send yet.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { problem } from "../fixtures.mjs";
import { quiet, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

export const cases = {
  async "a draft survives a reload and shows in other tabs"(it) {
    const { tab } = await it.openBrowser();
    const [page, other] = [await tab(it.conversationPath), await tab("/inbox")];
    await page.locator("textarea").fill("A draft 😀 that must stay");
    await other.locator(".list .badge.violet").first().waitFor();
    await page.reload();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "A draft 😀 that must stay");
  },

  async "a draft is there again, whatever way leads back to its conversation"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 3);
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("For customer 1");
    await page.locator('[role="option"]', { hasText: "Customer 2" }).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    assert.equal(await text.inputValue(), "");
    await page.goto(page.url().replace(/#.*/, "#/inbox?view=team"));
    await page.locator('[role="option"]', { hasText: "Customer 1" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "For customer 1");
    // It is on disk as soon as the badge of the row shows.
    await page.locator('[role="option"] .badge.violet').first().waitFor();
    await page.close();
    const other = await tab(`/c/${simulated.id(1)}`);
    await other.waitForFunction(() => document.querySelector("textarea")?.value === "For customer 1");
  },

  async "twenty drafts survive a reload"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 20);
    const page = await tab(`/c/${simulated.id(1)}`);
    for (let number = 1; number <= 20; number += 1) {
      await page.goto(page.url().replace(/#.*/, `#/c/${simulated.id(number)}`));
      await page.locator(".message", { hasText: `Message of customer ${number}` }).and(page.locator(".message")).first().waitFor();
      await page.locator("textarea").fill(`Draft ${number}`);
    }
    await until(async () => (await page.locator('[role="option"] .badge.violet').count()) >= 12, "no badges of drafts");
    await page.reload();
    for (let number = 1; number <= 20; number += 1) {
      await page.goto(page.url().replace(/#.*/, `#/c/${simulated.id(number)}`));
      await page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, `Draft ${number}`);
    }
  },

  async "a reply and a note are two drafts"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("To the customer");
    const [reply, note] = [page.getByRole("button", { name: "Reply to the customer" }), page.getByRole("button", { name: "Internal note" })];
    await note.click();
    assert.equal(await text.inputValue(), "");
    await text.fill("To colleagues");
    await reply.click();
    assert.equal(await text.inputValue(), "To the customer");
    await note.click();
    assert.equal(await text.inputValue(), "To colleagues");
    await until(async () => (await page.locator('[role="option"] .badge.violet').count()) > 0, "no badge");
    await page.reload();
    // Public is what the page begins with.
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "To the customer");
    await note.click();
    assert.equal(await text.inputValue(), "To colleagues");
    assert.deepEqual(simulated.sent, []);
  },

  async "a reply goes to the conversation in which it was written"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 2);
    let answer;
    simulated.answers.set("/replies", (route) => new Promise((done) => (answer = () => done(route.fulfill({ json: { state: "active", exceeds_capacity: false, reply: { id: "r", status: "published" } } })))));
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("For customer 1 alone");
    await text.press("Control+Enter");
    await until(() => answer, "nothing was sent");
    await page.locator('[role="option"]', { hasText: "Customer 2" }).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await text.fill("For customer 2");
    answer();
    await page.locator(".toast").first().waitFor();
    assert.equal(await text.inputValue(), "For customer 2");
    assert.deepEqual(simulated.sent.map(({ path, body }) => [path, body.text]), [[`/conversations/${simulated.id(1)}/replies`, "For customer 1 alone"]]);
    // What was sent is no draft any more.
    await page.locator('[role="option"]', { hasText: "Customer 1" }).click();
    await page.locator(".message", { hasText: "Message of customer 1" }).waitFor();
    assert.equal(await text.inputValue(), "");
  },

  async "a composer that opens again while its reply is on its way waits for the answer, and shows it"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 2);
    let answer;
    simulated.answers.set("/replies", (route) => (answer = (what) => route.fulfill(what)));
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    const row = (number) => page.locator('[role="option"]', { hasText: `Customer ${number}` });
    await text.fill("A reply that is refused");
    await text.press("Control+Enter");
    await until(() => answer, "nothing was sent");
    await row(2).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await row(1).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "A reply that is refused");
    assert.equal(await text.getAttribute("readonly"), "");
    await row(2).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    answer(problem(409, "queue-full"));
    await quiet();
    assert.equal(await page.locator(".composer .banner").count(), 0);
    await row(1).click();
    await page.locator(".composer .banner.bad").waitFor();
    await page.waitForFunction(() => document.querySelector("textarea")?.readOnly === false);
    assert.equal(await text.inputValue(), "A reply that is refused");
  },

  async "a colleague who takes the conversation changes no text"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".feed.live").waitFor();
    const text = page.locator("textarea");
    await text.fill("What I wrote");
    simulated.change(1, { owner: "max" });
    feed.tell("assigned", { subject: simulated.id(1), time: await it.hostTime(), data: { agent: "max", previous: it.subjects.agent, by: "eva" } });
    await page.locator(".composer .banner", { hasText: "max" }).waitFor();
    assert.equal(await text.inputValue(), "What I wrote");
    assert.equal(await text.getAttribute("readonly"), "");
    await page.getByRole("button", { name: "Copy text" }).waitFor();
    await text.press("Control+Enter");
    await quiet();
    assert.deepEqual(simulated.sent, []);
  },

  async "a discarded draft comes back by undo, and sends nothing"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("Discarded in error");
    await page.getByRole("button", { name: "Discard draft" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    await text.press("Control+Enter");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "Discarded in error");
    assert.deepEqual(simulated.sent, []);
  },

  async "a session that ends leaves the text, and the reply goes out after sign-in by the same id"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const me = await (await fetch(new URL("/v1/me", it.host))).json();
    const signedIn = { ...me, local: false, id: "s1", role: "agent", agent: it.subjects.agent, company: it.subjects.company };
    await context.route(/\/v1\/me$/, (route) => route.fulfill({ json: signedIn }));
    await context.route(/\/v1\/session\/ways$/, (route) => route.fulfill({ json: { token: true, link: true } }));
    let isOver = true;
    // Keys keep a session, if it is not over.
    await context.route(/\/v1\/session$/, (route) =>
      route.fulfill(isOver && route.request().method() === "PUT" ? problem(401, "unauthorized") : { json: signedIn }),
    );
    simulated.answers.set("/replies", (route, { body }) =>
      isOver ? route.fulfill(problem(401, "unauthorized")) : route.fulfill({ json: { state: "active", exceeds_capacity: false, reply: { id: body.id, status: "published" } } }),
    );
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("Sent when the session was over");
    await text.press("Control+Enter");
    const form = page.locator("dialog[open] #token");
    await form.waitFor();
    assert.equal(await text.inputValue(), "Sent when the session was over");
    isOver = false;
    await form.fill("pb_token");
    await form.press("Enter");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    assert.equal(await text.inputValue(), "Sent when the session was over");
    await text.press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    assert.equal(simulated.sent.length, 2);
    assert.equal(simulated.sent[0].body.id, simulated.sent[1].body.id);
  },

  async "a page that closes right after the last key loses nothing, and asks nothing"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    for (let time = 1; time <= 5; time += 1) {
      await page.locator("textarea").fill(`The last key was just now, time ${time}`);
      await page.reload();
      await page.waitForFunction((wanted) => document.querySelector("textarea")?.value === wanted, `The last key was just now, time ${time}`);
    }
    // Also where the database takes nothing before the page is gone.
    await page.evaluate(() => (IDBFactory.prototype.open = () => new EventTarget()));
    await page.evaluate(() => (IDBDatabase.prototype.transaction = () => ({ objectStore: () => ({ put: () => ({}), delete: () => ({}) }) })));
    await page.locator("textarea").fill("Without the database");
    await page.reload();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "Without the database");
    assert.equal(it.closingQuestions, 0);
    const kept = await page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes("draft")));
    assert.deepEqual(kept, []);
  },

  async "a page that can keep nothing for the next one asks before it closes"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator("textarea").waitFor();
    await page.evaluate(() => (Storage.prototype.setItem = () => {
      throw new DOMException("no place", "QuotaExceededError");
    }));
    await page.locator("textarea").fill("The last key was just now");
    await page.reload();
    assert.equal(it.closingQuestions, 1);
  },

  async "two tabs show the same draft, the newest change counts, and what one sends leaves the other"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const [first, second] = [await tab(`/c/${simulated.id(1)}`), await tab(`/c/${simulated.id(1)}`)];
    await second.locator("textarea").fill("Written in the second tab");
    await first.waitForFunction(() => document.querySelector("textarea")?.value === "Written in the second tab");
    await first.locator("textarea").fill("Changed in the first tab");
    await second.waitForFunction(() => document.querySelector("textarea")?.value === "Changed in the first tab");
    // One tab sends, and the other writes before the answer: what it wrote is another reply.
    let answer;
    simulated.answers.set("/replies", (route, { body }) => (answer = () => route.fulfill({ json: { state: "active", exceeds_capacity: false, reply: { id: body.id, status: "published" } } })));
    await first.locator("textarea").press("Control+Enter");
    await until(() => answer, "nothing was sent");
    await second.locator("textarea").fill("And one thing more");
    await quiet();
    answer();
    await first.waitForFunction(() => document.querySelector("textarea")?.value === "And one thing more");
    assert.equal(await second.locator("textarea").inputValue(), "And one thing more");
    await first.waitForFunction(() => !document.querySelector("textarea").readOnly);
    answer = undefined;
    await first.locator("textarea").press("Control+Enter");
    await until(() => answer, "the second reply was not sent");
    answer();
    for (const page of [first, second]) await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    assert.deepEqual(simulated.sent.map(({ body }) => body.text), ["Changed in the first tab", "And one thing more"]);
    assert.notEqual(simulated.sent[0].body.id, simulated.sent[1].body.id);
  },

  async "the draft to a contact that is erased goes, from the composer and from the browser"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 2);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator(".feed.live").waitFor();
    await page.locator("textarea").fill("To customer 1");
    await page.locator('[role="option"]', { hasText: "Customer 1" }).locator(".badge.violet").waitFor();
    await page.locator('[role="option"]', { hasText: "Customer 2" }).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    await page.locator("textarea").fill("To customer 2");
    await page.locator('[role="option"]', { hasText: "Customer 2" }).locator(".badge.violet").waitFor();
    const contact = (number) => number.toString(16).padStart(32, "c");
    feed.tell("contact-erased", { time: await it.hostTime(), data: { contact: contact(2) } });
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    feed.tell("contact-erased", { time: await it.hostTime(), data: { contact: contact(1) } });
    await until(async () => (await page.locator('[role="option"] .badge.violet').count()) === 0, "a badge of a draft stays");
    await page.reload();
    await page.locator("textarea").waitFor();
    assert.equal(await page.locator("textarea").inputValue(), "");
    const stored = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const opening = indexedDB.open("patchbay-drafts");
          opening.onsuccess = () => {
            const reading = opening.result.transaction("drafts").objectStore("drafts").getAll();
            reading.onsuccess = () => resolve(reading.result.map(({ text }) => text));
          };
        }),
    );
    assert.deepEqual(stored, []);
  },

  async "what is written while a note is being saved stays out of reach, and an edited note after a lost answer is another one"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    let answer;
    simulated.answers.set("/notes", (route) => (answer = (what) => route.fulfill(what)));
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await page.getByRole("button", { name: "Internal note" }).click();
    await text.fill("First version");
    await text.press("Control+Enter");
    await until(() => answer, "nothing was sent");
    assert.equal(await text.getAttribute("readonly"), "");
    answer(problem(503, "overloaded"));
    answer = undefined;
    await page.waitForFunction(() => !document.querySelector("textarea").readOnly);
    // The id outlives the page: a repetition is the same note.
    await page.locator('[role="option"] .badge.violet').first().waitFor();
    await page.reload();
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "First version");
    await text.press("Control+Enter");
    await until(() => answer, "nothing was sent again");
    const [one, two] = simulated.sent.map(({ body }) => body.note);
    assert.equal(one, two);
    answer(problem(503, "overloaded"));
    answer = undefined;
    await page.waitForFunction(() => !document.querySelector("textarea").readOnly);
    await text.fill("Second version");
    await text.press("Control+Enter");
    await until(() => answer, "nothing was sent a third time");
    answer(problem(409, "note-id-taken"));
    answer = undefined;
    await page.locator(".toast", { hasText: "before you changed it" }).waitFor();
    assert.equal(await text.inputValue(), "Second version");
    await text.press("Control+Enter");
    await until(() => answer, "the other note was not sent");
    assert.notEqual(simulated.sent.at(-1).body.note, one);
    answer({ json: {} });
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
  },

  async "a reply that was changed after a lost answer is another reply, and its author is told what the host has"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const answers = [problem(503, "overloaded"), problem(409, "reply-id-taken")];
    simulated.answers.set("/replies", (route, { body }) => {
      const next = answers.shift();
      return route.fulfill(next ?? { json: { state: "active", exceeds_capacity: false, reply: { id: body.id, status: "published" } } });
    });
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("First version");
    await text.press("Control+Enter");
    await page.locator(".composer .banner", { hasText: "The host did not answer" }).waitFor();
    await text.fill("Second version");
    await text.press("Control+Enter");
    await page.locator(".composer .banner", { hasText: "before you changed it" }).waitFor();
    assert.equal(await text.inputValue(), "Second version");
    await text.press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "");
    const [one, two, three] = simulated.sent.map(({ body }) => body.id);
    assert.equal(one, two);
    assert.notEqual(three, two);
  },
};
