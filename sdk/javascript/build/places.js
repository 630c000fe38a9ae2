// The places of a source map (ECMA-426) as the sandbox reads them: decoded, and those of the
// policy's own lines alone.

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/**
 * @param {{ sources: string[], mappings: string }} map
 * @param {(source: string) => boolean} isOwn Whether places in a source are kept.
 * @returns {{ sources: string[], places: number[] }}
 */
export function placesOf({ sources, mappings }, isOwn) {
  const kept = sources.filter(isOwn);
  const indexes = sources.map((source) => kept.indexOf(source));
  /** @type {number[]} */
  const places = [];
  let [source, line, column] = [0, 0, 0];
  let last = "";
  mappings.split(";").forEach((segments, generatedLine) => {
    let generatedColumn = 0;
    for (const segment of segments.split(",").filter(Boolean)) {
      const [moved, sourceMoved, lineMoved = 0, columnMoved = 0] = decode(segment);
      generatedColumn += moved;
      source += sourceMoved ?? 0;
      line += lineMoved;
      column += columnMoved;
      const index = sourceMoved === undefined ? -1 : indexes[source];
      const key = index < 0 ? "none" : `${index}:${line}:${column}`;
      if (key === last) continue;
      last = key;
      places.push(generatedLine, generatedColumn, index, index < 0 ? 0 : line, index < 0 ? 0 : column);
    }
  });
  return { sources: kept, places };
}

/**
 * The numbers of a segment, in base 64 with variable length.
 *
 * @param {string} segment
 */
function decode(segment) {
  const numbers = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    if (bits & 32) {
      shift += 5;
    } else {
      numbers.push(value & 1 ? -(value >> 1) : value >> 1);
      [value, shift] = [0, 0];
    }
  }
  return numbers;
}
