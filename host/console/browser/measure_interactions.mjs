// How long an inbox with many conversations takes from an act of a person to the frame that shows its
// result. Fills a company of a host without tokens, which is to be thrown away afterwards:
// `node browser/measure_interactions.mjs http://127.0.0.1:7420 COMPANY AGENT [conversations] [messages of each]`.
import { chromium } from "playwright-core";

const [host, company, agent, many = "10000", each = "20"] = process.argv.slice(2);
if (!agent) {
  console.error("usage: npm run interactions -- URL COMPANY AGENT [conversations] [messages of each]");
  process.exit(2);
}
const [conversations, messages] = [Number(many), Number(each)];
/** How often each act is measured. */
const RUNS = 15;
/** Interactions of one request, of the 10,000 that a host takes. */
const BATCH = 1_000;
const WORDS = 4_000;

const at = new URL(`/v1/companies/${company}/`, host);
const read = async (path) => (await fetch(new URL(path, at))).json();

/** A word that stands in texts as often as its rank says: the first one in most, the last ones hardly. */
const SYLLABLES = ["ba", "ko", "ri", "su", "te", "mo", "la", "ni", "du", "fe", "go", "vi"];
const wordOfRank = (rank) => [rank % 12, Math.floor(rank / 12) % 12, Math.floor(rank / 144) % 12, Math.floor(rank / 1_728)].map((index) => SYLLABLES[index]).join("");
let seed = 1;
/** The same numbers from 0 to 1 in every run (Park and Miller). */
function random() {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}
const someText = () => Array.from({ length: 12 }, () => wordOfRank(Math.floor(WORDS ** random()))).join(" ");

async function fill() {
  const { counts } = await read("conversations?limit=1");
  let open = counts?.matching ?? 0;
  if (open >= conversations) return;
  console.log(`${open} conversations are open; ${conversations} times ${messages} messages are sent`);
  const total = conversations * messages;
  for (let first = 0; first < total; first += BATCH) {
    const lines = Array.from({ length: Math.min(BATCH, total - first) }, (_, index) => {
      const number = first + index;
      const customer = number % conversations;
      return JSON.stringify({ id: `m${number}`, channel: "chat", text: someText(), author: { address: `customer-${customer}`, name: `Customer ${customer}` } });
    });
    for (;;) {
      const answer = await fetch(new URL("interactions", at), { method: "POST", headers: { "content-type": "application/x-ndjson" }, body: lines.join("\n") });
      const receipt = answer.ok ? await answer.json() : undefined;
      if (receipt?.refused > 0) throw new Error(`refused: ${JSON.stringify(receipt.receipts.find(({ status }) => status === "refused"))}`);
      if (receipt && receipt.busy === 0) break;
      if (!answer.ok && answer.status !== 429 && answer.status !== 503) throw new Error(`${answer.status} ${await answer.text()}`);
      await new Promise((next) => setTimeout(next, 500));
    }
    if ((first / BATCH) % 20 === 0) console.log(`    ${first} of ${total} messages`);
  }
  while (open < conversations) {
    await new Promise((next) => setTimeout(next, 1_000));
    open = (await read("conversations?limit=1")).counts.matching;
  }
}

await fill();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
await context.addInitScript(([who, preferred]) => {
  localStorage.setItem("patchbay.local-identity", who);
  localStorage.setItem("patchbay.preferences", preferred);
}, [JSON.stringify({ company, role: "agent", name: agent }), JSON.stringify({ language: "en", zone: "UTC" })]);
const page = await context.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
await page.goto(`${new URL("/console/", host)}#/inbox?view=waiting`);
await page.locator('[role="option"]').first().waitFor();
await page.evaluate(() => {
  const frame = () => new Promise((next) => requestAnimationFrame(next));
  /** Milliseconds from an act to the frame that shows its result; the act answers with a function that says whether it is shown. */
  window.measure = async (act) => {
    await frame();
    const began = performance.now();
    const isShown = await act();
    while (!isShown()) {
      if (performance.now() - began > 30_000) throw new Error(`not shown after 30 s: ${act}`);
      await frame();
    }
    // What a frame callback sees is painted behind it.
    await new Promise((next) => (requestAnimationFrame(() => setTimeout(next))));
    return performance.now() - began;
  };
  window.rows = () => [...document.querySelectorAll('[role="option"]')].map(({ textContent }) => textContent).join();
  performance.setResourceTimingBufferSize(100_000);
  window.opened = new Set();
  /** Opens a row: shown when its messages are, and no longer those of another. */
  window.open_ = (row) => {
    const address = location.hash;
    const before = document.querySelector("[role=log] .message");
    row.click();
    return () => {
      const message = document.querySelector("[role=log] .message");
      return location.hash !== address && message !== null && message !== before;
    };
  };
  window.changeValue = (selector, value, event) => {
    const element = document.querySelector(selector);
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value").set.call(element, value);
    element.dispatchEvent(new Event(event, { bubbles: true }));
  };
});

/** Acts: what is done in the page, with the number of the run. */
const acts = {
  "another order of the list": (run) => {
    const before = window.rows();
    window.changeValue("#list-sort", run % 2 ? "age" : "activity", "change");
    return () => window.rows() !== before;
  },
  "the next hundred rows": () => {
    const list = document.querySelector('[role="listbox"]');
    const before = list.scrollHeight;
    list.scrollTop = before;
    return () => list.scrollHeight > before;
  },
  "another list, and back": (run) => {
    const tabs = document.querySelectorAll(".tabs button");
    const chosen = tabs[run % 2 ? 1 : 2];
    chosen.click();
    return () => chosen.hasAttribute("aria-current") && chosen.querySelector(".number") !== null;
  },
  "a conversation that was not open before": () => {
    const rows = [...document.querySelectorAll('[role="option"]')];
    const row = rows.find(({ id }) => !window.opened.has(id));
    window.opened.add(row.id);
    document.querySelector('[role="listbox"]').scrollTop += row.offsetHeight;
    return window.open_(row);
  },
  "a conversation that was open before": (run) => window.open_(document.querySelectorAll('[role="option"]')[run % 2]),
};

function summarize(name, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  console.log(`${name.padEnd(52)} ${middle.toFixed(0).padStart(5)} ms, at most ${sorted.at(-1).toFixed(0)} ms`);
  return middle;
}

const medians = [];
for (const [name, act] of Object.entries(acts)) {
  const times = [];
  await page.evaluate(() => (location.hash = "#/inbox?view=waiting"));
  await page.locator('[role="option"]').first().waitFor();
  for (let run = 0; run < RUNS; run += 1) {
    times.push(await page.evaluate(`window.measure(() => (${act})(${run}))`));
    await page.waitForTimeout(200);
  }
  medians.push(summarize(name, times));
}

// A search: from the Enter key on; without it the field waits for 250 ms without a key.
for (const [name, ranks] of [
  ["a search for a word that most conversations have", (run) => [1 + run]],
  ["a search for a rare word", (run) => [3_000 + run]],
  ["a search for three words", (run) => [20 + run, 60 + run, 100 + run]],
]) {
  const times = [];
  for (let run = 0; run < RUNS; run += 1) {
    const text = ranks(run).map(wordOfRank).join(" ");
    times.push(
      await page.evaluate(
        (words) =>
          window.measure(() => {
            // Two searches may find as many: shown is what a frame after the answer has.
            const before = performance.getEntriesByType("resource").length;
            window.changeValue('input[type="search"]', words, "input");
            document.querySelector('input[type="search"]').form.requestSubmit();
            return () =>
              performance.getEntriesByType("resource").slice(before).some((entry) => entry.name.includes("/conversations/search") && entry.responseEnd > 0) &&
              document.querySelector(".rows [aria-busy=true]") === null;
          }),
        text,
      ),
    );
    await page.waitForTimeout(200);
  }
  medians.push(summarize(name, times));
}
for (const error of new Set(errors)) console.error(`error: ${error}`);
await browser.close();
console.log(`the slowest median is ${Math.max(...medians).toFixed(0)} ms`);
process.exit(errors.length > 0 ? 1 : 0);
