// Tries in a real browser what no test without one can: tabs, drafts, the connection, keys and
// hostile content. `node browser/check_behaviour.mjs http://127.0.0.1:7420 [words of a case]`, a host
// without tokens.
import { readdirSync } from "node:fs";
import { runCases } from "./harness.mjs";

const [host = "http://127.0.0.1:7420", only = ""] = process.argv.slice(2);
const folder = new URL("./cases/", import.meta.url);
const modules = await Promise.all(readdirSync(folder).sort().map((name) => import(new URL(name, folder))));
const cases = modules.flatMap((module) => Object.entries(module.cases)).filter(([name]) => name.includes(only));
const { failed, skipped } = await runCases(host, cases);
const ran = cases.length - skipped;
console.log(`${failed === 0 ? `all ${ran} as expected` : `${failed} of ${ran} failed`}${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed === 0 && ran > 0 ? 0 : 1);
