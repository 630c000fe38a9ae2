// Sounds: which events ring, in which tab, and how often. Counted at the browser's own interface for
// sound, since a machine without a sound device plays nothing.
import assert from "node:assert/strict";
import { FakeFeed } from "../fake_feed.mjs";
import { quiet, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

/** Shortest time between two sounds. */
const PAUSE_MS = 5_000;
/** An offer that is open rings again after this time. */
const AGAIN_MS = 20_000;

/** An agent with conversations and a feed of the case, whose tabs count sounds instead of playing them. */
async function listen(it, preferences = {}) {
  const feed = new FakeFeed();
  const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: feed.intercept }), preferences });
  await context.addInitScript(() => {
    window.sounds = 0;
    // The tools of the case touch every page: only what a person does counts.
    let isTouched = false;
    for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, ({ isTrusted }) => (isTouched ||= isTrusted), true);
    Object.defineProperty(navigator, "userActivation", { get: () => ({ hasBeenActive: isTouched, isActive: isTouched }) });
    window.AudioContext = class {
      currentTime = 0;
      destination = {};
      createGain() {
        const ramp = () => {};
        return { gain: { setValueAtTime: ramp, linearRampToValueAtTime: ramp, exponentialRampToValueAtTime: ramp }, connect: (next) => next };
      }
      createOscillator() {
        // A sound is two notes, the lower one first.
        return { frequency: {}, connect: (next) => next, stop() {}, start() { if (this.frequency.value < 700) window.sounds += 1; } };
      }
    };
  });
  const simulated = await SimulatedConversations.start(it, context, 2);
  simulated.change(2, { owner: "somebody-else" });
  await context.clock.install();
  const open = async (path = "/inbox?view=team") => {
    const page = await tab(path);
    await page.locator(".feed.live").waitFor();
    if (path.startsWith("/inbox")) await page.locator('[role="option"]').first().waitFor();
    return page;
  };
  /** Moves the clock of the browser; the stream stays alive. */
  const pass = async (page, milliseconds) => {
    for (let left = milliseconds; left > 0; left -= 10_000) {
      feed.keepAlive();
      await page.clock.runFor(Math.min(left, 10_000));
    }
    await quiet();
  };
  const time = await it.hostTime();
  const receive = (number) => feed.tell("received", { time, subject: simulated.id(number), data: { interaction: `new-${Math.random()}` } });
  /** Makes an offer to the agent, or tells how it ended. */
  const offer = async (kind) => {
    const deadline = await it.hostTime(600_000);
    const isOpen = kind === "offered";
    simulated.offers = isOpen ? [{ id: 7, conversation: it.subjects.conversation, agent: it.subjects.agent, made_at: time, deadline, again: 0 }] : [];
    feed.tell(kind, { time, subject: it.subjects.conversation, data: { agent: it.subjects.agent, offer: 7, deadline, again: 0 } });
  };
  return { feed, simulated, open, pass, receive, offer };
}

/** What a person does first in a tab. */
const touch = (page) => page.locator("main").click({ position: { x: 1, y: 1 } });
const soundsOf = (page) => page.evaluate(() => window.sounds);

export const cases = {
  async "answers in one's own conversations sound, at most once in five seconds, and those of others never"(it) {
    const { open, pass, receive } = await listen(it);
    const page = await open();
    // Browsers allow sound after the person did something in the page.
    await touch(page);
    receive(2);
    await pass(page, 1_000);
    assert.equal(await soundsOf(page), 0);
    receive(1);
    await until(async () => (await soundsOf(page)) === 1, "the answer did not sound");
    receive(1);
    receive(1);
    await pass(page, PAUSE_MS - 3_000);
    assert.equal(await soundsOf(page), 1);
    await pass(page, PAUSE_MS);
    receive(1);
    await until(async () => (await soundsOf(page)) === 2, "a later answer did not sound");
  },

  async "an offer rings in one tab until it is answered or over"(it) {
    const { open, pass, offer } = await listen(it);
    const tabs = [await open(), await open()];
    for (const page of tabs) await touch(page);
    const sounds = async () => (await Promise.all(tabs.map(soundsOf))).reduce((sum, count) => sum + count, 0);
    await offer("offered");
    for (const page of tabs) await page.locator(".offers .offer").waitFor();
    await until(async () => (await sounds()) === 1, "the offer did not ring");
    // The clock is that of all tabs of the browser.
    await pass(tabs[0], AGAIN_MS + 1_000);
    await until(async () => (await sounds()) === 2, "the offer did not ring again");
    await offer("withdrawn");
    for (const page of tabs) await page.locator(".offers .offer").waitFor({ state: "detached" });
    await pass(tabs[0], 2 * AGAIN_MS);
    assert.equal(await sounds(), 2);
  },

  async "an offer rings in a tab that may play sound, whichever tab follows the feed"(it) {
    const { open, offer } = await listen(it);
    // The first tab follows the feed, and nobody has touched it.
    const [first, second, third] = [await open(), await open(), await open()];
    await touch(second);
    await touch(third);
    await offer("offered");
    for (const page of [first, second, third]) await page.locator(".offers .offer").waitFor();
    await until(async () => (await soundsOf(second)) === 1, "the offer did not ring");
    await quiet();
    assert.deepEqual(await Promise.all([first, second, third].map(soundsOf)), [0, 1, 0]);
    // The next one rings when that tab closes.
    await second.close();
    await until(async () => (await soundsOf(third)) === 1, "no tab took over");
    assert.equal(await soundsOf(first), 0);
  },

  async "an offer that waits rings as soon as a tab may play sound"(it) {
    const { open, pass, offer } = await listen(it);
    const page = await open();
    await offer("offered");
    await page.locator(".offers .offer").waitFor();
    await pass(page, AGAIN_MS + 1_000);
    assert.equal(await soundsOf(page), 0);
    await touch(page);
    await until(async () => (await soundsOf(page)) === 1, "the offer did not ring");
  },

  async "an answer sounds also where no list shows its conversation"(it) {
    const { open, receive } = await listen(it);
    const page = await open("/approvals/mine");
    await touch(page);
    receive(1);
    await until(async () => (await soundsOf(page)) === 1, "the answer did not sound");
  },

  async "sounds can be off"(it) {
    const { open, pass, receive, offer } = await listen(it, { sound: false });
    const page = await open();
    await touch(page);
    receive(1);
    await offer("offered");
    await page.locator(".offers .offer").waitFor();
    await pass(page, AGAIN_MS + 1_000);
    assert.equal(await soundsOf(page), 0);
  },
};
