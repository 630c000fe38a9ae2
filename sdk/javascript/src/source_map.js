// From places in the bundle, which the sandbox runs, to places in the sources.

/**
 * @typedef {object} SourceMap
 * @property {string} file Name of the bundle in stack traces.
 * @property {string[]} sources
 * @property {number[]} places Five numbers for each place, in order: line and column in the bundle
 *   where it begins; index of its source, -1 for code that is not the policy's; line and column there.
 *   All from 0.
 */

const NUMBERS = 5;

/**
 * The place in the sources of a line and column of the bundle, both from 1.
 *
 * @param {SourceMap} map
 * @param {number} line
 * @param {number} column
 * @returns {string | undefined} Such as `src/policy.ts:12:9`.
 */
export function locate({ places, sources }, line, column) {
  const isAfter = (/** @type {number} */ index) => {
    const at = index * NUMBERS;
    return places[at] > line - 1 || (places[at] === line - 1 && places[at + 1] > column - 1);
  };
  let [low, high] = [0, places.length / NUMBERS];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(middle)) high = middle;
    else low = middle + 1;
  }
  const at = (low - 1) * NUMBERS;
  if (low === 0 || places[at + 2] < 0) return undefined;
  return `${sources[places[at + 2]]}:${places[at + 3] + 1}:${places[at + 4] + 1}`;
}

/**
 * The frames of an error's stack that are in the policy's sources, each with its place there.
 *
 * @param {string} stack
 * @param {SourceMap} map
 * @returns {{ name: string, place: string }[]}
 */
export function framesOf(stack, map) {
  const frames = [];
  for (const line of stack.split("\n")) {
    // `    at name (policy.js:12:34)`, or without a name and parentheses.
    const match = /^\s*at (?:(.*?) \()?(.*?):(\d+):(\d+)\)?$/.exec(line);
    if (!match || match[2] !== map.file) continue;
    const place = locate(map, Number(match[3]), Number(match[4]));
    if (place) frames.push({ name: match[1] ?? "", place });
  }
  return frames;
}
