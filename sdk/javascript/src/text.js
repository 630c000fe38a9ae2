/**
 * Bytes of a text in UTF-8, which the spans of answers count.
 *
 * @param {string} text
 * @param {number} [end] Only of the text before this position.
 * @returns {number}
 */
export function byteLength(text, end = text.length) {
  let bytes = 0;
  for (let at = 0; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    // Each half of a surrogate pair counts two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

/**
 * The span of a passage, from positions in a string to bytes in UTF-8.
 *
 * @param {string} text The whole text.
 * @param {number} from Position of the passage, as of `indexOf` or `match.index`.
 * @param {number} to Position after it.
 * @returns {{ start: number, end: number }}
 */
export function byteSpan(text, from, to) {
  const start = byteLength(text, from);
  return { start, end: start + byteLength(text.slice(from, to)) };
}

/**
 * Encodes a text in UTF-8. The sandbox has no `TextEncoder`.
 *
 * @param {string} text
 * @returns {Uint8Array}
 */
export function encodeUtf8(text) {
  const bytes = new Uint8Array(byteLength(text) + text.length);
  let at = 0;
  for (const character of text) {
    let code = /** @type {number} */ (character.codePointAt(0));
    if ((code & 0xfffff800) === 0xd800) code = 0xfffd; // half of a pair
    if (code < 0x80) {
      bytes[at++] = code;
    } else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
      bytes[at++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 63);
      bytes[at++] = 0x80 | ((code >> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    }
  }
  return bytes.slice(0, at);
}

/**
 * Decodes UTF-8. Bytes that are not UTF-8 become U+FFFD.
 *
 * @param {ArrayLike<number>} bytes
 * @returns {string}
 */
export function decodeUtf8(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at++];
    const more = first < 0x80 ? 0 : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
    let code = more < 1 ? first : first & (0x3f >> more);
    let left = more;
    while (left > 0 && at < bytes.length && (bytes[at] & 0xc0) === 0x80) {
      code = (code << 6) | (bytes[at++] & 63);
      left -= 1;
    }
    const least = more === 2 ? 0x800 : more === 3 ? 0x10000 : 0;
    const isCharacter = left === 0 && more >= 0 && code >= least && code <= 0x10ffff && (code & 0xfffff800) !== 0xd800;
    text += isCharacter ? String.fromCodePoint(code) : "\ufffd";
  }
  return text;
}
