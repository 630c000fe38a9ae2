// Operators and supervisors: what changes, what it does, and what may be done now.
import assert from "node:assert/strict";
import { listRow, problem, wholeList } from "../fixtures.mjs";
import { quiet, until } from "../harness.mjs";

const operator = { role: "operator", name: "olga" };
const supervisor = { role: "supervisor", name: "eva" };

/** A rollout as the host tells it. */
function rollout(more = {}) {
  const arm = { decisions: 400, failures: {}, overloaded: 0, latency: { decisions: 400, p50_micros: 900, p99_micros: 4_000, max_micros: 9_000 } };
  return {
    generation: 2,
    control: 1,
    kind: "canary",
    share: "5%",
    bounds: { after: 200, failures: 0.01, p99: 2, disagreement: null },
    by: "olga",
    since: "2026-03-02T08:00:00Z",
    candidate_arm: arm,
    control_arm: arm,
    points: [],
    compared: { decisions: 400, agreed: 390, differences: [], failed: 0, no_time: 0, no_room: 0 },
    ...more,
  };
}

export const cases = {
  async "an operator changes a policy, tries it on the day, lets it decide for 5 % and takes it back"(it) {
    const before = await it.read("/generations");
    const { tab } = await it.openBrowser(operator);
    const page = await tab(`/generations/${before.active}`);
    await page.getByRole("link", { name: "Change the file" }).or(page.getByRole("button", { name: "Change the file" })).first().click();
    const file = page.locator("textarea");
    await file.waitFor();
    const text = await file.inputValue();
    assert.match(text, /^company = /m);

    // An error has its line, and stores nothing.
    await file.fill(`${text}\n[queue.general]\nnonsense = 1\n`);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.locator('[aria-label="Result of the check"] .badge, [aria-label="Result of the check"] li').first().waitFor();
    assert.match(await page.locator('[aria-label="Result of the check"]').innerText(), /line \d+/i);

    const capacity = 40 + (Date.now() % 50);
    await file.fill(text.replace(/(\[agent\.ana\]\ncapacity = )\d+/, `$1${capacity}`));
    await page.getByRole("button", { name: "Store without activating" }).click();
    await page.waitForURL(/#\/generations\/\d+$/);
    const stored = Number(/generations\/(\d+)$/.exec(page.url())[1]);
    assert.ok(stored > before.active);
    assert.equal((await it.read("/generations")).active, before.active);

    await page.goto(page.url().replace(/#.*/, `#/what-if?generation=${stored}`));
    await page.getByLabel(/at most|limit|decisions/i).and(page.locator('input[type="number"]')).first().fill("20");
    await page.locator("form select").nth(1).selectOption({ index: 0 });
    await page.locator('form button[type="submit"]').click();
    await page.getByText(/20 of 20 decisions|Done/).first().waitFor();

    await page.goto(page.url().replace(/#.*/, "#/rollout"));
    await page.getByRole("button", { name: "Start a shadow run" }).click();
    const dialog = page.locator("dialog[open]");
    await dialog.getByRole("button", { name: "Start a shadow run" }).click();
    await page.getByRole("button", { name: "Stop the shadow run" }).waitFor();
    assert.equal((await it.read("/rollout")).kind, "shadow");

    await page.getByRole("button", { name: /canary/i }).first().click();
    await dialog.waitFor();
    assert.equal(await dialog.locator('input[type="range"]').inputValue(), "5");
    await dialog.getByRole("button", { name: "Start a canary" }).click();
    await page.getByRole("button", { name: "Take the canary back" }).waitFor();
    assert.equal((await it.read("/rollout")).share, "5%");

    await page.getByRole("button", { name: "Take the canary back" }).click();
    await dialog.getByLabel("Reason").fill("tried enough");
    await dialog.getByRole("button", { name: "Take the canary back" }).click();
    await page.getByText("Nothing is tried").or(page.getByRole("button", { name: "Start a canary" })).first().waitFor();
    // What ended has no button to promote it.
    assert.equal(await page.getByRole("button", { name: "Promote" }).count(), 0);
    assert.match(await page.locator("main").innerText(), /tried enough/);
    assert.equal((await it.read("/generations")).active, before.active);
  },

  async "activating says what will happen, asks for the number, and names what it replaces"(it) {
    const { context, tab } = await it.openBrowser(operator);
    const list = await it.read("/generations");
    const other = list.active + 1_000;
    const row = list.generations.find(({ active }) => active);
    const detail = await it.read(`/generations/${list.active}`);
    await context.route(/\/generations(\?.*)?$/, (route) => route.fulfill({ json: { ...list, generations: [{ ...row, generation: other, active: false, activated_at: null }, row] } }));
    await context.route(new RegExp(`/generations/${other}(/differences.*)?$`), (route) =>
      route.fulfill({ json: route.request().url().includes("/differences") ? { differences: [] } : { ...detail, generation: other, active: false, activated_at: null } }),
    );
    const sent = [];
    await context.route(/\/activate$/, (route) => {
      const body = route.request().postDataJSON();
      sent.push(body);
      if (!body.dry_run) return route.fulfill(problem(409, "generation-moved"));
      const differences = [{ path: "queue.general.capacity", before: "10", after: "12" }];
      return route.fulfill({ json: { generation: other, before: list.active, active: false, unchanged: false, differences, warnings: ["queue general is smaller"] } });
    });
    const page = await tab(`/generations/${other}`);
    await page.getByRole("button", { name: "Activate" }).first().click();
    const dialog = page.locator("dialog[open]");
    await dialog.getByText("queue general is smaller").waitFor();
    const text = await dialog.innerText();
    assert.ok(text.includes(it.subjects.company) && text.includes(String(list.active)), text);
    const confirm = dialog.getByRole("button", { name: "Activate" });
    assert.equal(await confirm.isDisabled(), true);
    await dialog.locator("input").fill(String(other - 1));
    assert.equal(await confirm.isDisabled(), true);
    await dialog.locator("input").fill(String(other));
    await until(() => confirm.isEnabled(), "the button stays disabled");
    await confirm.click();
    // Somebody else was quicker: nothing is claimed, and the new difference is asked for.
    await dialog.getByRole("button", { name: "Ask again" }).waitFor();
    assert.deepEqual(sent.map(({ dry_run, expected }) => [dry_run ?? false, expected]), [[true, list.active], [false, list.active]]);
  },

  async "buttons of a rollout follow its state, with the reason where one is off"(it) {
    const { context, tab } = await it.openBrowser(operator);
    let now = rollout({ breach: { bound: "p99", measured: 3, allowed: 2, decisions: 400 } });
    await context.route(/\/rollout$/, (route) => (now ? route.fulfill({ json: now }) : route.fulfill(problem(404, "nothing-tried"))));
    const page = await tab("/rollout");
    const promote = page.getByRole("button", { name: "Promote" });
    await promote.waitFor();
    assert.equal(await promote.isDisabled(), true);
    assert.match(await promote.getAttribute("title"), /bound/);
    now = rollout();
    await page.reload();
    await promote.waitFor();
    assert.equal(await promote.isDisabled(), false);
    // The page works in either theme, and its charts follow.
    await page.emulateMedia({ colorScheme: "dark" });
    await quiet();
    await page.emulateMedia({ colorScheme: "light" });
  },

  async "the floor shows who does not respond, what they hold, and one act for it"(it) {
    const { context, tab } = await it.openBrowser(supervisor);
    const { agents, ...rest } = await it.read("/agents");
    const silent = { ...agents.find(({ id }) => id === it.subjects.agent), presence: "available", not_responding: true };
    await context.route(/\/agents(\?.*)?$/, (route) => route.fulfill({ json: { ...rest, agents: [silent, ...agents.filter(({ id }) => id !== silent.id)] } }));
    const page = await tab("/floor");
    const panel = page.locator("section.silent");
    await panel.waitFor();
    assert.match(await panel.innerText(), new RegExp(silent.name ?? silent.id));
    const held = (await it.read(`/conversations?owner=${silent.id}&state=active,waiting-on-customer,on-hold,awaiting-approval,wrapping&limit=1`)).counts.matching;
    await until(async () => new RegExp(`\\b${held}\\b`).test(await panel.innerText()), `the panel does not tell of ${held} conversations`);
    // It asks before it acts.
    await panel.getByRole("button", { name: /queue/i }).click();
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
  },

  async "tables are tables, and their order is a button"(it) {
    const { tab } = await it.openBrowser(supervisor);
    const page = await tab("/floor");
    const header = page.locator("table thead th button").first();
    await header.waitFor();
    const column = page.locator("table").first().locator("thead th").first();
    await header.focus();
    await page.keyboard.press("Enter");
    const first = await column.getAttribute("aria-sort");
    await page.keyboard.press("Enter");
    assert.notEqual(await column.getAttribute("aria-sort"), first);
    assert.ok((await page.locator("table tbody a, table tbody button").count()) > 0);
  },

  async "a long journal is read a page at a time"(it) {
    const { context, tab } = await it.openBrowser(operator);
    const asked = [];
    const { decisions } = await it.read("/decisions?limit=1");
    await context.route(/\/decisions\?/, (route) => {
      const query = new URL(route.request().url()).searchParams;
      asked.push(query.get("before") ?? query.get("after") ?? "first");
      const from = 20_000 - (asked.length - 1) * 100;
      return route.fulfill({ json: { decisions: Array.from({ length: 100 }, (_, index) => ({ ...decisions[0], id: from - index })), next: from - 100, older: from - 100 } });
    });
    const page = await tab("/decisions");
    await page.locator("main a[href*='#/decisions/']").first().waitFor();
    await quiet();
    // Another decision may have had the first page read again; no other page was read.
    assert.deepEqual([...new Set(asked)], ["first"]);
  },

  async "a conversation goes to an agent by drag, and by its menu"(it) {
    const { context, tab } = await it.openBrowser(supervisor);
    const row = (index, name, more = {}) => listRow(index, { name, state: "queued", owner: null, queue: "general", due_at: null, clocks: [], ...more });
    const rows = [row(1, "Jo"), row(2, "Mo"), row(3, "Held", { state: "active", owner: "max", due_at: "2026-03-02T08:30:00Z" })];
    await context.route(/\/conversations\?/, (route) => route.fulfill({ json: wholeList(rows) }));
    const agent = (id) => ({ id, presence: "available", not_responding: false, load: 0, capacity: 100, queues: [] });
    await context.route(/\/agents(\?|$)/, (route) => route.fulfill({ json: { agents: [agent("ana"), agent("max")] } }));
    await context.route(/\/queues$/, (route) => route.fulfill({ json: { queues: [{ id: "general", waiting: 2, default: true }] } }));
    const acts = [];
    await context.route(/\/conversations\/actions$/, (route) => {
      const body = route.request().postDataJSON();
      acts.push(body);
      const conversations = body.conversations.map(({ id }) => ({ id, state: "active", owner: body.agent, exceeds_capacity: false, sequence: 9 }));
      return route.fulfill({ json: { done: conversations.length, refused: 0, conversations } });
    });
    const page = await tab("/floor");
    const list = page.getByRole("list", { name: "Needs a hand" });
    const target = (id) => page.getByRole("region", { name: "Agents" }).getByRole("row").filter({ hasText: id });
    // One that nobody owns goes at once.
    await list.getByRole("listitem").filter({ hasText: "Jo" }).dragTo(target("ana"));
    await until(() => acts.length === 1, "the drag assigned nothing");
    assert.deepEqual([acts[0].agent, acts[0].conversations[0].id.at(-1)], ["ana", "1"]);
    // The menu does the same with the keyboard.
    await list.getByRole("button", { name: "Assign Mo to" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: /max/ }).press("Enter");
    await until(() => acts.length === 2, "the menu assigned nothing");
    assert.deepEqual([acts[1].agent, acts[1].conversations[0].id.at(-1)], ["max", "2"]);
    // One that an agent owns goes after a question.
    await list.getByRole("listitem").filter({ hasText: "Held" }).dragTo(target("ana"));
    const dialog = page.locator("dialog[open]");
    await dialog.waitFor();
    assert.equal(acts.length, 2);
    assert.equal(await dialog.getByLabel("To an agent").inputValue(), "ana");
    const assign = dialog.getByRole("button", { name: "Assign" });
    await until(() => assign.isEnabled(), "the button stays disabled");
    await assign.click();
    await until(() => acts.length === 3, "the dialog assigned nothing");
    assert.deepEqual([acts[2].agent, acts[2].conversations[0].id.at(-1)], ["ana", "3"]);
  },

  async "an integrator finds a function of the contract, and a link leads to its types"(it) {
    const { tab } = await it.openBrowser({ role: "integrator", name: "crm" });
    const page = await tab("/contract?q=checks+draft");
    const tone = page.getByRole("region", { name: "patchbay:tone/tone" });
    await tone.getByText("Checks a draft.").waitFor();
    assert.equal(await page.getByRole("region", { name: "patchbay:routing/routing" }).count(), 0);
    await tone.getByRole("link", { name: "review" }).first().click();
    // The search would hide the type: it is gone, the type is open and has the focus.
    await page.waitForFunction(() => document.activeElement?.closest("details[open]")?.id.endsWith("-review"));
    assert.equal(await page.getByRole("searchbox").or(page.getByRole("textbox")).first().inputValue(), "");
    await tone.getByText("What should happen.").first().waitFor();
  },
};
