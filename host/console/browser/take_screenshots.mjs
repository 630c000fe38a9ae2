// Takes pictures of every screen of the built console before a running host without tokens:
// `node browser/take_screenshots.mjs http://127.0.0.1:7420 folder [screen …]`.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listScreens, startConsole } from "./screens.mjs";
import { findSubjects } from "./subjects.mjs";

const [host = "http://127.0.0.1:7420", folder = "screenshots", ...only] = process.argv.slice(2);
const LOOKS = [
  { name: "light", context: { colorScheme: "light" } },
  { name: "dark", context: { colorScheme: "dark" } },
  { name: "phone", context: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 } },
];
const QUALITY = 70;
mkdirSync(folder, { recursive: true });
const console_ = await startConsole(host);
const screens = listScreens(await findSubjects(host)).filter(({ name }) => only.length === 0 || only.includes(name));
for (const screen of screens) {
  for (const look of LOOKS) {
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
