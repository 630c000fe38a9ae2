// What each role reaches: a screen needs an operation, and a thing leads to the others about it.
import assert from "node:assert/strict";
import { signInAs } from "../fixtures.mjs";
import { until } from "../harness.mjs";

/** Operations of an integrator and of a supervisor that reach operators' screens, as the access matrix has them. */
const INTEGRATOR = ["decisions", "decision", "replay", "what_if_decision", "case", "events", "breakers", "channels", "generations", "generation", "differences", "validate_company_file", "start_what_if", "what_if", "cancel_what_if", "rollout", "rollout_history", "alerts"];
const SUPERVISOR = ["conversations", "conversation", "act", "agents", "queues", "approvals", "alerts", "incidents", "statistics", "journey", "events", "decisions", "decision", "breakers", "channels", "rollout", "rollout_history", "outbox", "company_drain"];

const entries = (page) => page.getByRole("navigation").getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href").replace(/^#/, "")));

export const cases = {
  async "an integrator reads generations, checks a file and asks what if, and changes nothing"(it) {
    const { context, tab } = await it.openBrowser({ role: "integrator", name: "crm" });
    await signInAs(context, it, "integrator", INTEGRATOR);
    const { active } = await it.read("/generations");
    const page = await tab("/generations");
    await page.getByRole("navigation").getByRole("link", { name: "What if" }).waitFor();
    assert.deepEqual(await entries(page), ["/decisions", "/health", "/generations", "/what-if", "/rollout", "/feed", "/contract", "/api"]);
    await page.locator(`main a[href="#/generations/${active}"]`).first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Roll back" }).isDisabled(), true);
    // The text is checked while one writes; nothing stores it.
    await page.goto(page.url().replace(/#.*/, `#/generations/${active}/edit`));
    const file = page.locator("textarea");
    await file.waitFor();
    await until(async () => /^company = /m.test(await file.inputValue()), "the file is not there");
    assert.equal(await page.getByRole("button", { name: "Store without activating" }).isDisabled(), true);
    const text = await file.inputValue();
    await file.fill(`${text}\n[queue.general]\nnonsense = 1\n`);
    await page.locator('[aria-label="Result of the check"] li').first().waitFor();
    await file.fill(`${text}\n# a remark\n`);
    await page.getByText("The text is valid").waitFor();
    await page.goto(page.url().replace(/#.*/, "#/what-if"));
    await page.locator('form button[type="submit"]').waitFor();
    await page.goto(page.url().replace(/#.*/, "#/health"));
    await page.getByRole("heading", { name: "Policies and channels" }).waitFor();
    await page.getByRole("heading", { name: "Channels", exact: true }).waitFor();
    assert.equal(await page.getByRole("button", { name: /drain/i }).count(), 0);
  },

  async "a supervisor goes from a conversation to its decisions, and sees what policies and channels do"(it) {
    const { context, tab } = await it.openBrowser({ role: "supervisor", name: "eva" });
    await signInAs(context, it, "supervisor", SUPERVISOR);
    const page = await tab(it.conversationPath);
    await page.locator(".head").getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Show its decisions" }).click();
    await page.waitForURL(new RegExp(`#/decisions\\?conversation=${it.subjects.conversation}$`));
    await page.locator("main tbody a[href*='#/decisions/']").first().waitFor();
    const seen = await entries(page);
    for (const path of ["/health", "/decisions", "/rollout", "/outbox"]) assert.ok(seen.includes(path), `${path} is not among ${seen}`);
    await page.goto(page.url().replace(/#.*/, "#/health"));
    await page.getByRole("heading", { name: "Circuit breakers" }).waitFor();
  },
};
