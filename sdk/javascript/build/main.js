#!/usr/bin/env node
// `patchbay-sdk`: builds the component of a policy, and writes the type of its settings.

import { parseArgs } from "node:util";

import { build } from "./build.js";
import { BuildProblem } from "./problem.js";
import { writeSettingsType } from "./settings_type.js";

const USAGE = `Usage:
  patchbay-sdk build --output FILE   build the policy of this directory into a component
  patchbay-sdk types                 write src/settings.ts from settings.schema.json`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: "string", short: "o" }, help: { type: "boolean", short: "h" } },
  });
  const [command = "build"] = positionals;
  if (values.help || positionals.length > 1) {
    console.log(USAGE);
  } else if (command === "types") {
    console.log(`wrote ${await writeSettingsType(process.cwd())}`);
  } else if (command === "build" && values.output) {
    await build(process.cwd(), values.output);
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} catch (error) {
  if (error?.code?.startsWith?.("ERR_PARSE_ARGS")) {
    console.error(`${error.message}\n${USAGE}`);
    process.exitCode = 2;
  } else {
    console.error(error instanceof BuildProblem ? `error: ${error.message}` : error);
    process.exitCode = 1;
  }
}
