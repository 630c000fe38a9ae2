// Runs axe over every screen of the built console before a running host without tokens:
// `node browser/check_accessibility.mjs http://127.0.0.1:7420 [--looks light,dark,"320 px"] [screen …]`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { startConsole } from "./console_browser.mjs";
import { askApprovals } from "./lively_host.mjs";
import { listScreens } from "./screen_list.mjs";
import { prepareSubjects } from "./subjects.mjs";

const {
  values: { looks: wantedLooks },
  positionals: [host = "http://127.0.0.1:7420", ...only],
} = parseArgs({ allowPositionals: true, options: { looks: { type: "string" } } });
const TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const LOOKS = [
  { name: "light", context: { colorScheme: "light" } },
  { name: "dark", context: { colorScheme: "dark" } },
  { name: "forced colours", context: { forcedColors: "active" } },
  { name: "right to left", preferences: { direction: "rtl" } },
  { name: "320 px", context: { viewport: { width: 320, height: 640 } } },
  { name: "768 px", context: { viewport: { width: 768, height: 1024 } } },
];
const names = wantedLooks?.split(",").map((name) => name.trim());
const unknown = names?.find((name) => !LOOKS.some((look) => look.name === name));
if (unknown !== undefined) throw new Error(`there is no look "${unknown}"; there are ${LOOKS.map(({ name }) => name).join(", ")}`);
const looks = LOOKS.filter(({ name }) => !names || names.includes(name));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const console_ = await startConsole(host);
const subjects = await prepareSubjects(host);
await askApprovals(host, subjects.company);
const screens = listScreens(subjects).filter(({ name }) => only.length === 0 || only.includes(name));
let violations = 0;
for (const screen of screens) {
  for (const look of looks) {
    const { page, problems, close } = await console_.open({ ...screen, preferences: look.preferences, context: look.context });
    await page.waitForSelector(screen.ready ?? "h1, h2", { state: "attached", timeout: 10_000 }).catch(() => {});
    await screen.act?.(page);
    await page.waitForTimeout(1_200);
    // By the debugger: the security policy stays as it is.
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Runtime.evaluate", { expression: axe });
    const { result } = await cdp.send("Runtime.evaluate", {
      expression: `axe.run(document, { runOnly: { type: "tag", values: ${JSON.stringify(TAGS)} } }).then(({ violations }) =>
        JSON.stringify(violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target, failureSummary }) => [target.join(" "), failureSummary]) }))))`,
      awaitPromise: true,
    });
    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (width > 1) problems.push(`scrolls sideways by ${width} px`);
    const found = JSON.parse(result.value);
    for (const { id, help, nodes } of found) {
      violations += nodes.length;
      console.error(`${screen.name}, ${look.name}: ${id}: ${help}`);
      for (const [target, summary] of nodes.slice(0, 4)) console.error(`    ${target}\n      ${summary.split("\n").slice(1, 3).join(" ")}`);
    }
    violations += problems.length;
    for (const problem of problems) console.error(`${screen.name}, ${look.name}: ${problem}`);
    await close();
  }
  console.log(`${screen.name}: checked`);
}
await console_.stop();
console.log(violations === 0 ? "no violations" : `${violations} violations`);
process.exit(violations === 0 ? 0 : 1);
