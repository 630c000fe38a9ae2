// Operators and supervisors: what changes, what it does, and what may be done now.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
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
  },

  async "a chart is drawn anew in the other theme, and tells what is under the pointer"(it) {
    const { context, tab } = await it.openBrowser({ ...operator, colorScheme: "light" });
    const points = Array.from({ length: 20 }, (_, index) => ({
      at: new Date(Date.UTC(2026, 2, 2, 8, index)).toISOString(),
      decisions: 100 * (index + 1),
      candidate_failures: 0.03,
      control_failures: 0.01,
      candidate_p99: 3_000,
      control_p99: 2_000,
    }));
    await context.route(/\/rollout$/, (route) => route.fulfill({ json: rollout({ points }) }));
    const page = await tab("/rollout");
    const tile = page.getByRole("region", { name: /failures/i }).first();
    await tile.locator("canvas").waitFor();
    /** How many pixels of the chart have the colour of its line, and how many that of the shaded interval. */
    const painted = () =>
      tile.locator("canvas").evaluate((canvas) => {
        const probe = document.createElement("span");
        probe.style.color = "var(--accent)";
        document.body.append(probe);
        const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
        probe.remove();
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const counts = { line: 0, shaded: 0, accent: `${red} ${green} ${blue}` };
        for (let at = 0; at < data.length; at += 4) {
          const isAccent = [red, green, blue].every((part, index) => Math.abs(data[at + index] - part) <= 12);
          if (isAccent && data[at + 3] > 240) counts.line += 1;
          if (isAccent && data[at + 3] > 30 && data[at + 3] < 90) counts.shaded += 1;
        }
        return counts;
      });
    const light = await painted();
    assert.ok(light.line > 20 && light.shaded > 200, JSON.stringify(light));
    await page.emulateMedia({ colorScheme: "dark" });
    await until(async () => (await painted()).line > 20 && (await painted()).accent !== light.accent, "the chart keeps the colours of the light theme");
    assert.ok((await painted()).shaded > 200);
    // The same numbers follow the pointer as stand in the table.
    const box = await tile.locator("canvas").boundingBox();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2);
    await until(async () => /2\s?%.*–.*of [\d,]+ decisions/.test(await tile.locator(".reading").innerText()), "no value follows the pointer");
  },

  async "the heat map has a time and what is expected, both in the address"(it) {
    const { context, tab } = await it.openBrowser(operator);
    const asked = [];
    await context.route(/\/statistics\?/, (route) => {
      asked.push(new URL(route.request().url()).searchParams);
      const time = "2026-03-02T08:00:00Z";
      const stage = { decisions: { ok: 980, failed: 20 }, fallbacks: 20 };
      return route.fulfill({ json: { from: time, to: time, step: "hour", by: "stage", zone: "UTC", counted: 1, behind: 0, buckets: [], totals: [{ key: "tone", stage }] } });
    });
    const page = await tab("/health");
    await page.getByLabel("Time", { exact: true }).selectOption({ label: "The last 24 hours" });
    const failed = page.locator(".heat").getByRole("link", { name: /failed: 20/i });
    await failed.waitFor();
    assert.equal(asked[0].get("by"), "stage");
    // Two of a hundred are more than one, and the decisions behind the number are those of the time.
    assert.match(await failed.getAttribute("aria-label"), /more than expected/);
    assert.match(await failed.getAttribute("href"), /from=2026-03-02T08%3A00.*stage=tone.*outcome=failed/);
    await page.getByLabel("Expected at most").selectOption({ label: "5%" });
    await until(async () => !/more than expected/.test(await failed.getAttribute("aria-label")), "the number stands out although it is expected");
    assert.match(page.url(), /heat=day/);
    assert.match(page.url(), /expected=0\.05/);
    await page.reload();
    await failed.waitFor();
    assert.equal(await page.getByLabel("Expected at most").inputValue(), "0.05");
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

  async "pages that were loaded stay when a list is read again, and so does what is chosen"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ ...operator, server: await it.serve({ intercept: feed.intercept }) });
    const item = (index) => ({ key: `k${index}`, target: "crm", state: "dead", attempts: 3, not_before: "2026-03-02T08:00:00Z", problem: "404" });
    const items = [1, 2, 3, 4, 5, 6].map(item);
    let reads = 0;
    await context.route(/\/outbox\?/, (route) => {
      const after = new URL(route.request().url()).searchParams.get("after") ?? "";
      reads += after === "" ? 1 : 0;
      const left = items.filter(({ key }) => key > after);
      return route.fulfill({ json: { items: left.slice(0, 3), ...(left.length > 3 ? { next: left[2].key } : {}) } });
    });
    const page = await tab("/outbox");
    const rows = page.locator("main tbody tr");
    await until(async () => (await rows.count()) === 3, "no first page");
    await page.getByRole("button", { name: "Load more" }).click();
    await until(async () => (await rows.count()) === 6, "no second page");
    await page.getByRole("checkbox", { name: /k5$/ }).check();
    await page.locator(".feed.live").waitFor();
    // One was delivered meanwhile.
    items.splice(1, 1);
    const before = reads;
    feed.tell("reply-delivered", { time: await it.hostTime(), subject: it.subjects.conversation });
    await until(() => reads > before, "the list was not read again");
    await until(async () => (await rows.count()) === 5, "the delivered one is still there, or a page is gone");
    assert.equal(await page.getByRole("checkbox", { name: /k5$/ }).isChecked(), true);
    assert.equal(await page.getByRole("button", { name: "Load more" }).count(), 0);
  },

  async "a page of other filters joins no list, and what is left is read no further"(it) {
    const { context, tab } = await it.openBrowser(operator);
    const { decisions } = await it.read("/decisions?limit=1");
    const held = [];
    await context.route(/\/decisions\?/, (route) => {
      const query = new URL(route.request().url()).searchParams;
      if (query.has("before")) return void held.push(route);
      const from = query.get("stage") ? 500 : 900;
      return route.fulfill({ json: { decisions: [1, 2, 3].map((index) => ({ ...decisions[0], id: from - index })), next: from - 3 } });
    });
    let givenUp = 0;
    context.on("requestfailed", (request) => (givenUp += request.url().includes("before=") ? 1 : 0));
    const page = await tab("/decisions");
    const shown = async () => (await page.locator("main tbody a[href*='#/decisions/']").allInnerTexts()).join();
    await until(async () => (await shown()) === "899,898,897", "no first page");
    await page.getByRole("button", { name: "Load older ones" }).click();
    await until(() => held.length === 1, "the next page was not asked for");
    await page.getByLabel("Stage").selectOption("tone");
    await until(async () => (await shown()) === "499,498,497", "the filter changed nothing");
    await until(() => givenUp === 1, "the page of the old filter was not given up");
    await held[0].fulfill({ json: { decisions: [{ ...decisions[0], id: 896 }], next: null } }).catch(() => {});
    await quiet();
    assert.equal(await shown(), "499,498,497");
    // The same on leaving.
    await page.getByRole("button", { name: "Load older ones" }).click();
    await until(() => held.length === 2, "the next page was not asked for");
    await page.goto(page.url().replace(/#.*/, "#/outbox"));
    await until(() => givenUp === 2, "the page of a screen that was left was not given up");
  },

  async "what an act on many would do is told before it does anything"(it) {
    const { context, tab } = await it.openBrowser(supervisor);
    const rows = [listRow(1, { name: "Jo", owner: "max" }), listRow(2, { name: "Mo", owner: "max" })];
    await context.route(/\/conversations\?/, (route) => route.fulfill({ json: wholeList(rows) }));
    await context.route(/\/queues$/, (route) => route.fulfill({ json: { queues: [{ id: "general", waiting: 2, default: true }] } }));
    await context.route(/\/agents(\?|$)/, (route) => route.fulfill({ json: { agents: [{ id: "ana", presence: "available", not_responding: false, load: 0, capacity: 100, queues: [] }] } }));
    const acts = [];
    await context.route(/\/conversations\/actions$/, (route) => {
      const body = route.request().postDataJSON();
      acts.push([body.action, body.dry_run, body.queue ?? body.agent ?? ""].join(" "));
      const refused = { type: "/problems/unanswered", title: "Unanswered", status: 409 };
      const conversations = body.conversations.map(({ id }, index) => (index === 1 ? { id, problem: refused } : { id, state: "active", exceeds_capacity: body.action === "assign", sequence: 9 }));
      return route.fulfill({ json: { done: 1, refused: 1, conversations } });
    });
    const page = await tab("/conversations");
    for (const name of ["Jo", "Mo"]) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
    const dialog = page.locator("dialog[open]");
    const would = (act) => dialog.getByRole("listitem").filter({ hasText: "Jo" }).getByText(act).waitFor();
    // Where no place must be chosen it is asked at once.
    await page.getByRole("button", { name: /^Resolve/ }).click();
    await would("would be resolved");
    await dialog.getByText("1 would change, 1 would be refused").waitFor();
    await dialog.getByRole("listitem").filter({ hasText: "Mo" }).getByText(/unanswered/).waitFor();
    assert.deepEqual(acts, ["resolve true "]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Assign/ }).click();
    await dialog.getByLabel("To an agent").selectOption("ana");
    await would("beyond the agent's capacity");
    assert.deepEqual(acts.slice(1), ["assign true ana"]);
    const assign = dialog.getByRole("button", { name: "Assign", exact: true });
    await until(() => assign.isEnabled(), "the button stays disabled");
    await assign.click();
    await dialog.getByRole("button", { name: /failed one again/ }).waitFor();
    assert.deepEqual(acts.slice(2), ["assign false ana"]);
  },

  async "merging contacts warns of replies that are not sent yet"(it) {
    const { context, tab } = await it.openBrowser(supervisor);
    const item = (index, conversation) => ({ key: `k${index}`, target: "chat", state: "waiting", attempts: 0, not_before: "2026-03-02T08:00:00Z", conversation });
    const items = [item(1, it.subjects.conversation), item(2, "f".repeat(32))];
    await context.route(/\/outbox\?/, (route) => route.fulfill({ json: { items } }));
    const page = await tab(`/contacts/${it.subjects.contact}`);
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: "Merge" }).click();
    await page.locator("dialog[open]").getByText("1 reply to them is not sent yet").waitFor();
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
      if (!body.dry_run) acts.push(body);
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
