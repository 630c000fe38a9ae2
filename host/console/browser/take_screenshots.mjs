// Takes the pictures of the documentation: every screen of the built console, light, dark and on a
// phone, before a demo whose day still goes on: `patchbay demo --seconds 1200`, about noon of its day.
// `node browser/take_screenshots.mjs http://127.0.0.1:7420 folder [screen …]`. Starts a canary of a
// changed company file, unless a rollout runs, and asks for approvals.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startConsole } from "./console_browser.mjs";
import { askApprovals, startCanary } from "./lively_host.mjs";
import { listScreens, LOOKS } from "./screen_list.mjs";
import { findSubjects } from "./subjects.mjs";

const [host = "http://127.0.0.1:7420", folder = "screenshots", ...only] = process.argv.slice(2);
const QUALITY = 35;
mkdirSync(folder, { recursive: true });
const console_ = await startConsole(host);
const subjects = await findSubjects(host);
const other = await startCanary(host, subjects.company);
const screens = listScreens({ ...subjects, other }).filter(({ name }) => only.length === 0 || only.includes(name));
for (const screen of screens) {
  for (const look of LOOKS) {
    if (screen.name.endsWith("approvals")) await askApprovals(host, subjects.company);
    const { page, problems, close } = await console_.open({ ...screen, context: look.context });
    await page.waitForSelector(screen.ready ?? "h1, h2", { state: "attached", timeout: 10_000 }).catch(() => {});
    await screen.act?.(page);
    await page.waitForTimeout(2_000);
    // Playwright writes no WebP, which takes a quarter of a PNG.
    const cdp = await page.context().newCDPSession(page);
    const { data } = await cdp.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
    writeFileSync(join(folder, `${screen.name}-${look.name}.webp`), Buffer.from(data, "base64"));
    for (const problem of problems) console.error(`${screen.name}, ${look.name}: ${problem}`);
    await close();
  }
  console.log(screen.name);
}
await console_.stop();
