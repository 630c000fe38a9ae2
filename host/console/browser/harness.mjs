// A browser before a host without tokens, and what the cases of a check share.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { OwnHost, program } from "./own_host.mjs";
import { preview } from "./preview.mjs";
import { prepareSubjects } from "./subjects.mjs";

/** How long what must happen may take: a slow machine alone fails nothing. */
export const TIMEOUT_MS = 60_000;
/** How long the check waits to see that something does not happen. */
const QUIET_MS = 400;

/** Waits until a condition holds. */
export async function until(holds, what) {
  for (const end = Date.now() + TIMEOUT_MS; !(await holds()); ) {
    assert.ok(Date.now() < end, what);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** Gives what must not happen the time to happen. */
export const quiet = () => new Promise((next) => setTimeout(next, QUIET_MS));

/** Ends a case that this machine cannot run. */
class Skipped extends Error {}

/** One case: its browsers and servers end with it. */
class Case {
  #desk;
  #open = [];
  #problems = [];
  /** How often a page asked whether it may close. */
  closingQuestions = 0;

  constructor(desk) {
    this.#desk = desk;
  }

  get host() {
    return this.#desk.host;
  }

  /** A company, its agent, and one conversation of theirs. */
  get subjects() {
    return this.#desk.subjects;
  }

  get conversationPath() {
    return `/c/${this.subjects.conversation}`;
  }

  /** Reads a document of the company. */
  async read(path) {
    const answer = await fetch(new URL(`/v1/companies/${this.subjects.company}${path}`, this.host));
    assert.ok(answer.ok, `GET ${path}: ${answer.status}`);
    return answer.json();
  }

  /** Sends a document to the company. */
  async send(method, path, body) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(new URL(`/v1/companies/${this.subjects.company}${path}`, this.host), { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json().catch(() => ({}));
  }

  /** The host's time, which a demo's clock is not that of this machine; moved by some milliseconds. */
  async hostTime(later = 0) {
    const { now } = await (await fetch(new URL("/v1/me", this.host))).json();
    return new Date(Date.parse(now) + later).toISOString();
  }

  /** A host of the case's own, with tokens. Without a program to start the case is skipped. */
  async startHost() {
    if (!program) throw new Skipped("PATCHBAY does not name the program");
    const host = await OwnHost.start();
    this.#open.push(() => host.remove());
    return host;
  }

  /** Serves the console before a host; `intercept` may answer requests instead of it. */
  async serve({ host = this.host, port = 0, intercept } = {}) {
    const server = await preview(host, port, intercept);
    this.#open.push(server.stop);
    return server;
  }

  /** A browser of a person; `tab` opens a tab in it. */
  async openBrowser({ server, role = "agent", name = this.subjects.agent, preferences = {}, ...options } = {}) {
    const { address } = server ?? (await this.serve());
    const context = await this.#desk.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    this.#open.push(() => context.close());
    context.setDefaultTimeout(TIMEOUT_MS);
    const identity = JSON.stringify({ company: this.subjects.company, role, name });
    await context.addInitScript(
      ([who, preferred]) => {
        if (location.protocol !== "http:") return;
        localStorage.setItem("patchbay.local-identity", who);
        if (!localStorage.getItem("patchbay.preferences")) localStorage.setItem("patchbay.preferences", preferred);
      },
      [identity, JSON.stringify({ language: "en", zone: "UTC", ...preferences })],
    );
    const problems = this.#problems;
    context.on("weberror", (error) => problems.push(error.error().message));
    context.on("request", (request) => {
      if (!request.url().startsWith(new URL(address).origin) && /^https?:/.test(request.url())) problems.push(`request to ${request.url()}`);
    });
    const tab = async (path) => {
      const page = await context.newPage();
      page.on("console", (message) => /Content Security|Trusted/i.test(message.text()) && problems.push(message.text()));
      page.on("dialog", (dialog) => {
        if (dialog.type() === "beforeunload") this.closingQuestions += 1;
        else problems.push(`dialog ${dialog.message()}`);
        return dialog.accept();
      });
      await page.goto(`${address}#${path}`);
      return page;
    };
    return { context, tab };
  }

  /** Closes everything. Fails if a page did what no page may: an error, a dialog, a request to another host. */
  async end() {
    for (const close of this.#open.reverse()) await close();
    assert.deepEqual(this.#problems, []);
  }

  /** Closes everything after a failure. */
  async abandon() {
    for (const close of this.#open.reverse()) await Promise.resolve(close()).catch(() => {});
  }
}

/** Runs cases before a host, one after the other; answers with how many failed and were skipped. */
export async function runCases(host, cases) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const subjects = await prepareSubjects(host);
  /** Runs a case; the error if it failed. */
  const attempt = async (run) => {
    const case_ = new Case({ host, browser, subjects });
    try {
      await run(case_);
      await case_.end();
      return undefined;
    } catch (error) {
      await case_.abandon();
      return error;
    }
  };
  let failed = 0;
  let skipped = 0;
  for (const [name, run] of cases) {
    const began = Date.now();
    let error = await attempt(run);
    if (error instanceof Skipped) {
      skipped += 1;
      console.log(`skipped ${name}: ${error.message}`);
      continue;
    }
    if (error) {
      // On a machine with other work a browser may be late: once more counts, and is said.
      console.log(`failed once: ${name}: ${error.stack ?? error.message}`);
      error = await attempt(run);
    }
    if (error) failed += 1;
    console.log(error ? `FAILED ${name}: ${error.stack ?? error.message}` : `ok ${name} (${((Date.now() - began) / 1_000).toFixed(1)} s)`);
  }
  await browser.close();
  return { failed, skipped };
}
