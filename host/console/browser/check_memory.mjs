// A working day of eight hours in a few minutes: events, conversations that open, screens that
// change. Fails where the memory grows. `node browser/check_memory.mjs http://127.0.0.1:7420 [seconds]`.
import { chromium } from "playwright-core";
import { prepareSubjects } from "./subjects.mjs";
import { preview } from "./preview.mjs";

const [host = "http://127.0.0.1:7420", duration = "180"] = process.argv.slice(2);
/** What a busy day has: two events a second, and 200 conversations that are opened. */
const EVENTS = 57_600;
const OPENED = 200;
const CHANGES = 50;
/** Growth of the heap from the begin (after a thirtieth of the day) to its end, and its size. */
const GROWTH = 1.15;
const HEAP_MB = 120;

const { company, agent } = await prepareSubjects(host);
const listed = await (await fetch(new URL(`/v1/companies/${company}/conversations?limit=100`, host))).json();
const ids = listed.conversations.map(({ id }) => id);
const KINDS = ["received", "offered", "accepted", "reply-drafted", "reply-published", "reply-delivered", "state-changed", "routed"];
let number = 50_000_000;
let streams = 0;

/** Answers the feed with invented events, in step with the day. */
function invent(incoming, outgoing) {
  if (!/\/events/.test(incoming.url)) return false;
  streams += 1;
  outgoing.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const each = EVENTS / (Number(duration) * 10);
  const timer = setInterval(() => {
    let piece = "";
    for (let index = 0; index < each; index += 1) {
      number += 1;
      const kind = KINDS[number % KINDS.length];
      const subject = number % 5 === 0 ? ids[number % ids.length] : number.toString(16).padStart(32, "d");
      const data = { agent: number % 50 === 0 ? agent : "someone", offer: number, deadline: new Date(Date.now() + 2_000).toISOString(), to: "active" };
      const document_ = { id: String(number), time: new Date().toISOString(), subject, data };
      piece += `id: ${number}\nevent: ${kind}\ndata: ${JSON.stringify(document_)}\n\n`;
    }
    outgoing.write(piece);
  }, 100);
  outgoing.on("close", () => clearInterval(timer));
  return true;
}

const server = await preview(host, 0, invent);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
await context.addInitScript((who) => localStorage.setItem("patchbay.local-identity", who), JSON.stringify({ company, role: "agent", name: agent }));
const page = await context.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
await page.goto(`${server.address}#/inbox`);
await page.locator(".feed.live").waitFor();
const cdp = await context.newCDPSession(page);
await cdp.send("Performance.enable");

async function measure() {
  await page.goto(`${server.address}#/inbox`);
  await page.waitForTimeout(1_000);
  for (let time = 0; time < 3; time += 1) await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const value = (name) => metrics.find((it) => it.name === name)?.value ?? 0;
  return { heap: value("JSHeapUsedSize") / 1e6, nodes: value("Nodes"), listeners: value("JSEventListeners") };
}

const steps = OPENED + CHANGES;
const pause = (Number(duration) * 1_000) / steps;
let early;
for (let step = 0; step < steps; step += 1) {
  const isChange = step % (steps / CHANGES) === 0;
  const path = isChange ? ["/inbox?view=waiting", "/inbox?view=team", "/inbox?view=resolved", "/inbox"][step % 4] : `/c/${ids[step % ids.length]}`;
  await page.evaluate((address) => (location.hash = address), path);
  await page.waitForTimeout(pause);
  // All threads that are kept are kept by now.
  if (step === 40) early = await measure();
}
const late = await measure();
const show = ({ heap, nodes, listeners }) => `${heap.toFixed(1)} MB, ${nodes} nodes, ${listeners} listeners`;
console.log(`early: ${show(early)}`);
console.log(`after the day: ${show(late)}; ${streams} streams`);
for (const error of new Set(errors)) console.error(`error: ${error}`);
const isGrown = late.heap > early.heap * GROWTH && late.heap - early.heap > 2;
const isOver = late.heap > HEAP_MB || late.nodes > early.nodes * 1.3 || late.listeners > early.listeners * 1.3;
await browser.close();
server.stop();
console.log(isGrown || isOver || errors.length > 0 ? "the memory grows" : "the memory does not grow");
process.exit(isGrown || isOver || errors.length > 0 ? 1 : 0);
