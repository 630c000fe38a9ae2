// The world of a component: what it imports and exports, and nothing else.

import { access, cp, readdir, writeFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { names } from "../src/tables.js";

/** Packages of the contract. */
const PACKAGES = ["care", "classification", "routing", "tone", "escalation", "lifecycle"];

/**
 * Writes the contract, and a world with these interfaces, to a directory.
 *
 * @param {string} directory
 * @param {string[]} imports
 * @param {string[]} exports
 * @returns {Promise<string>} Name of the world.
 */
export async function writeWorld(directory, imports, exports) {
  const contract = await findContract();
  for (const name of PACKAGES) {
    const target = join(directory, "deps", name);
    await mkdir(target, { recursive: true });
    for (const file of (await readdir(join(contract, name))).sort()) {
      await cp(join(contract, name, file), join(target, file));
    }
  }
  const lines = [
    "package patchbay:guest;",
    "world guest {",
    ...imports.map((name) => `  import ${names[name]};`),
    ...exports.map((name) => `  export ${names[name]};`),
    "}",
  ];
  await writeFile(join(directory, "guest.wit"), `${lines.join("\n")}\n`);
  return "guest";
}

/** The contract: that of the repository this package is in, or the one packed with it. */
async function findContract() {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const ofRepository = join(root, "../../wit");
  const isRepository = await access(join(ofRepository, "released")).then(() => true, () => false);
  return isRepository ? ofRepository : join(root, "wit");
}
