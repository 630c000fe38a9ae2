// Maintenance of a whole host, and what its screens tell while it is drained or its disk is full.
import assert from "node:assert/strict";
import { problem } from "../fixtures.mjs";
import { until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

const operator = { role: "operator", name: "olga" };

/** Reads or changes a document of the host. */
async function ofHost(it, path, options = {}) {
  const answer = await fetch(new URL(path, it.host), options);
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

/** A new message of a customer; the status of the answer. */
async function deliver(it) {
  const body = { id: `maintenance-${Date.now()}`, channel: "chat", text: "Is somebody there?", author: { address: "maintenance" } };
  const answer = await fetch(new URL(`/v1/companies/${it.subjects.company}/interactions`, it.host), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return answer.status;
}

/** Acts of the page: a button opens a dialog, and the dialog's button does it. */
function actsOf(page) {
  const dialog = page.locator("dialog[open]");
  return {
    dialog,
    async open(title) {
      await page.getByRole("main").getByRole("button", { name: title, exact: true }).click();
      await dialog.waitFor();
    },
    async confirm(title) {
      await dialog.getByRole("button", { name: title, exact: true }).click();
      await dialog.waitFor({ state: "detached" });
    },
  };
}

export const cases = {
  async "an operator drains the host and ends it, and checks, backs up and compacts its journal"(it) {
    await ofHost(it, "/v1/drain", { method: "DELETE" });
    const { tab } = await it.openBrowser(operator);
    const page = await tab("/host");
    const { dialog, open, confirm } = actsOf(page);
    const section = (name) => page.getByRole("region", { name });

    await open("Drain the host");
    await dialog.getByLabel("Reason").fill("new memory");
    await confirm("Drain the host");
    await section("Drain").getByText("Draining", { exact: true }).waitFor();
    await section("Drain").getByText("new memory").waitFor();
    assert.equal((await ofHost(it, "/v1/drain")).draining, true);
    assert.equal(await deliver(it), 503);
    // Others are told: a supervisor among what happens now, the operator under health.
    const supervisor = await it.openBrowser({ role: "supervisor", name: "eva" });
    await (await supervisor.tab("/alerts")).getByRole("main").getByText(/is draining since/).waitFor();
    await (await tab("/health")).getByRole("main").getByText(/is draining since/).waitFor();

    await open("End the drain");
    await confirm("End the drain");
    await section("Drain").getByText("Draining", { exact: true }).waitFor({ state: "detached" });
    assert.equal((await ofHost(it, "/v1/drain")).draining, false);

    await open("Check the journal");
    await confirm("Check the journal");
    await section("Journal").getByText("The journal is undamaged").waitFor();
    await section("Journal").getByText(/Sealed values: [\d,]+ opened/).waitFor();

    await open("Back up");
    const name = dialog.getByLabel("Name of the file");
    await name.fill("../outside.db");
    await dialog.getByRole("button", { name: "Back up", exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    const file = `case-${Date.now()}.db`;
    await name.fill(file);
    await confirm("Back up");
    const path = await section("Journal").locator("code").innerText();
    assert.ok(path.startsWith("/") && path.endsWith(`/${file}`), path);
    // A file that exists is not written again, and the dialog says why.
    await open("Back up");
    await name.fill(file);
    await dialog.getByRole("button", { name: "Back up", exact: true }).click();
    await dialog.getByRole("alert").filter({ hasText: "exists" }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });

    await open("Delete old data");
    await dialog.getByLabel("Age").fill("soon");
    await dialog.getByRole("button", { name: "Delete old data", exact: true }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByLabel("Age").fill("3650d");
    await confirm("Delete old data");
    await section("Journal").getByText("0 conversations, 0 entries and 0 interactions deleted").waitFor();
  },

  async "a host whose disk is full says so to operators, and keeps what an agent wrote"(it) {
    const { context, tab } = await it.openBrowser(operator);
    const status = await ofHost(it, "/v1/status");
    const what = "the journal cannot write: No space left on device";
    const alert = { kind: "storage-failing", severity: "critical", since: status.started_at, what, advice: "free space on the journal's disk" };
    const full = { ...status, alerts: [alert], journal: { ...status.journal, writable: false, free_bytes: 0 } };
    await context.route(/\/v1\/status\b/, (route) => route.fulfill({ json: full }));
    await context.route(/\/v1\/journal\/backups$/, (route) => route.fulfill(problem(503, "storage", { title: "The journal is not available" })));
    for (const path of ["/host", "/health"]) {
      const main = (await tab(path)).getByRole("main");
      await main.getByText(what).waitFor();
      await main.getByText("not writable").waitFor();
      // No space is a number, too.
      await main.locator("dt", { hasText: "Free on its disk" }).locator("xpath=following-sibling::dd[1]").filter({ hasText: "0 byte" }).waitFor();
    }
    const page = await tab("/host");
    const { dialog, open } = actsOf(page);
    await open("Back up");
    await dialog.getByRole("button", { name: "Back up", exact: true }).click();
    await dialog.getByRole("alert").filter({ hasText: "cannot store anything" }).waitFor();
    assert.equal(await page.getByText("The backup is complete").count(), 0);

    const agent = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, agent.context, 1);
    simulated.answers.set("/replies", (route) => route.fulfill(problem(503, "storage", { title: "The journal is not available" })));
    const conversation = await agent.tab(`/c/${simulated.id(1)}`);
    const text = conversation.locator("textarea");
    await text.fill("I look into it.");
    await text.press("Control+Enter");
    await conversation.locator(".composer").getByText("cannot store anything").waitFor();
    assert.equal(await text.inputValue(), "I look into it.");
    // Once there is space, the same reply goes out.
    simulated.answers.delete("/replies");
    await text.press("Control+Enter");
    await conversation.waitForFunction(() => document.querySelector("textarea")?.value === "");
    const ids = simulated.sent.filter(({ path }) => path.endsWith("/replies")).map(({ body }) => body.id);
    await until(() => ids.length >= 2, "the reply was not sent again");
    assert.equal(new Set(ids).size, 1);
  },
};
