// Runs axe over every screen and dialog of the built console before a running host without tokens:
// `node browser/check_accessibility.mjs http://127.0.0.1:7420 [--looks light,dark,"320 px"] [screen …]`.
// Fails at a violation, at what axe could not decide and nobody explained, and at a screen that scrolls
// sideways.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { startConsole } from "./console_browser.mjs";
import { askApprovals } from "./lively_host.mjs";
import { listDialogs, listScreens } from "./screen_list.mjs";
import { prepareSubjects } from "./subjects.mjs";

const {
  values: { looks: wantedLooks },
  positionals: [host = "http://127.0.0.1:7420", ...only],
} = parseArgs({ allowPositionals: true, options: { looks: { type: "string" } } });
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
/** How long a screen may take to be there. */
const READY_MS = 15_000;
/** Pages that are checked at a time. */
const PAGES = 2;

/** Looks that an open page can take on. */
const LOOKS = [
  { name: "light", media: { colorScheme: "light" } },
  { name: "dark", media: { colorScheme: "dark" } },
  { name: "forced colours", media: { forcedColors: "active" } },
  { name: "right to left", direction: "rtl" },
  { name: "320 px", width: 320, height: 640 },
  { name: "768 px", width: 768, height: 1024 },
];
const WIDE = { width: 1440, height: 900 };
/** What axe cannot decide, and why it is right. */
const EXPLAINED = [
  { id: "scrollable-region-focusable", why: "a row of the grid has the focus, and the grid's keys scroll it", target: /^\.viewport$/ },
  { id: "color-contrast", why: "the colour behind a text that lies over another element is not known to axe; the colours of both are checked where each stands alone", messages: ["bgOverlap", "elmPartiallyObscured", "elmPartiallyObscuring"] },
  { id: "color-contrast", why: "a single sign is too short for axe to measure; it repeats a word beside it", messages: ["shortTextContent"] },
  { id: "color-contrast", why: "signs of customers, such as emoji, have their own colours", messages: ["nonBmp"] },
];

const names = wantedLooks?.split(",").map((name) => name.trim());
const unknown = names?.find((name) => !LOOKS.some((look) => look.name === name));
if (unknown !== undefined) throw new Error(`there is no look "${unknown}"; there are ${LOOKS.map(({ name }) => name).join(", ")}`);
const looks = LOOKS.filter(({ name }) => !names || names.includes(name));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const console_ = await startConsole(host);
const subjects = await prepareSubjects(host);
await askApprovals(host, subjects.company);
const { generations } = await (await fetch(new URL(`/v1/companies/${subjects.company}/generations`, host))).json();
const other = generations.find(({ active }) => !active)?.generation;
const all = [...listScreens(subjects), ...listDialogs({ ...subjects, other })];
const screens = all.filter(({ name }) => only.length === 0 || only.includes(name));
let violations = 0;
let runs = 0;

const complain = (screen, look, what) => {
  violations += 1;
  console.error(`${screen.name}, ${look.name}: ${what}`);
};

/** Shows a screen, ready to be looked at; false if what it is about is not there. */
async function show(page, screen) {
  await page.waitForSelector(screen.ready ?? "h1, h2", { state: "attached", timeout: READY_MS }).catch(() => {});
  // What loads first is told by bones.
  await page.waitForFunction(() => !document.querySelector(".loading"), undefined, { timeout: READY_MS }).catch(() => {});
  await screen.act?.(page);
  if (screen.isDialog) {
    const isThere = await page.locator("dialog[open]").first().waitFor({ timeout: 5_000 }).then(() => true, () => false);
    if (!isThere) return false;
    await page.waitForFunction(() => !document.querySelector("dialog[open] .loading"), undefined, { timeout: READY_MS }).catch(() => {});
  }
  await page.waitForTimeout(400);
  return true;
}

/** Gives an open page a look. */
async function putOn(page, { media = {}, direction = "ltr" }) {
  await page.emulateMedia({ colorScheme: "light", forcedColors: "none", ...media });
  await page.evaluate((dir) => (document.documentElement.dir = dir), direction);
  // Charts follow, and transitions end.
  await page.waitForTimeout(150);
}

/** Looks at what is shown. */
async function check(cdp, page, screen, look) {
  runs += 1;
  const { result } = await cdp.send("Runtime.evaluate", {
    expression: `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} }, resultTypes: ["violations", "incomplete"] }).then(({ violations, incomplete }) => {
      const told = (rules) => rules.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target, failureSummary, any, all, none }) => ({ target: target.join(" "), summary: failureSummary, keys: [...any, ...all, ...none].map(({ data }) => data?.messageKey).filter(Boolean) })) }));
      return JSON.stringify({ violations: told(violations), incomplete: told(incomplete) });
    })`,
    awaitPromise: true,
  });
  const found = JSON.parse(result.value);
  for (const { id, help, nodes } of found.violations) {
    for (const { target, summary } of nodes.slice(0, 4)) complain(screen, look, `${id}: ${help}\n    ${target}\n      ${summary.split("\n").slice(1, 3).join(" ")}`);
    violations += Math.max(0, nodes.length - 4);
  }
  for (const { id, help, nodes } of found.incomplete) {
    const open = nodes.filter(({ target, keys }) => !EXPLAINED.some((one) => one.id === id && (one.target?.test(target) ?? keys.some((key) => one.messages.includes(key)))));
    for (const { target, keys, summary } of open.slice(0, 4)) complain(screen, look, `undecided: ${id} (${keys.join(", ")}): ${help}\n    ${target}\n      ${summary.split("\n").slice(1, 3).join(" ")}`);
  }
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (width > 1) complain(screen, look, `scrolls sideways by ${width} px`);
}

/** Checks a screen: once open it takes on the looks of its width; another width opens it anew, as a screen may start otherwise. */
async function checkScreen(screen) {
  const wide = looks.filter(({ width }) => !width);
  const openings = [...(wide.length > 0 ? [{ size: WIDE, looks: wide }] : []), ...looks.filter(({ width }) => width).map((look) => ({ size: { width: look.width, height: look.height }, looks: [look] }))];
  for (const { size, looks: worn } of openings) {
    const { page, problems, close } = await console_.open({ ...screen, context: { viewport: size } });
    if (await show(page, screen)) {
      // By the debugger: the security policy stays as it is.
      const cdp = await page.context().newCDPSession(page);
      await cdp.send("Runtime.evaluate", { expression: axe });
      for (const look of worn) {
        await putOn(page, look);
        await check(cdp, page, screen, look);
      }
    } else console.log(`${screen.name}: not there, so not checked`);
    for (const problem of problems) complain(screen, worn[0], problem);
    await close();
  }
  console.log(`${screen.name}: checked`);
}

const began = Date.now();
const waiting = [...screens];
await Promise.all(
  Array.from({ length: PAGES }, async () => {
    for (let screen = waiting.shift(); screen; screen = waiting.shift()) await checkScreen(screen);
  }),
);
await console_.stop();
console.log(`${violations === 0 ? "no violations" : `${violations} violations`} in ${runs} looks at ${screens.length} screens, ${((Date.now() - began) / 1_000).toFixed(0)} s`);
process.exit(violations === 0 ? 0 : 1);
