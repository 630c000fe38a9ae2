// What is recorded of an error that a policy throws.

import { framesOf } from "./source_map.js";

/** Frames of a stack that are recorded. */
const MOST_FRAMES = 8;

/**
 * An error in one line, with the place in the sources where it was thrown.
 *
 * @param {unknown} error
 * @param {import("./source_map.js").SourceMap | undefined} map
 * @returns {{ message: string, stack: string[] }} The stack has a line for each frame.
 */
export function describeError(error, map) {
  if (!(error instanceof Error)) return { message: `threw ${print(error)}`, stack: [] };
  const kind = error.name === "Error" ? "" : `${error.name}: `;
  const frames = map ? framesOf(error.stack ?? "", map).slice(0, MOST_FRAMES) : [];
  const place = frames.length > 0 ? ` (${frames[0].place})` : "";
  const stack = frames.map(({ name, place }) => `  at ${name ? `${name} (${place})` : place}`);
  return { message: `${kind}${error.message}${place}`, stack };
}

/** @param {unknown} value */
function print(value) {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
