// Characters that a reader does not see, and that can make a text look like another.

/** A part of a text: as it is, or one character that must be made visible. */
export interface TextPart {
  readonly text: string;
  /** Code point of an invisible character, such as `202E`. */
  readonly code?: string;
}

/** Controls, marks of direction, spaces without width, and tag characters. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Marks that override or embed a direction. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/u;

/**
 * Splits a short text, such as a name or an id, at its invisible characters. Joiners
 * between letters of a script that needs them, or between emoji, stay as they are.
 */
export function splitInvisible(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    const character = match[0];
    if (isJoiner(character) && joins(text, match.index)) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    parts.push({ text: character, code });
    at = match.index + character.length;
  }
  if (at < text.length || parts.length === 0) parts.push({ text: text.slice(at) });
  return parts;
}

/** Whether a text holds marks that change the direction of what follows. */
export function overridesDirection(text: string): boolean {
  return DIRECTION.test(text);
}

function isJoiner(character: string): boolean {
  return character === "\u200c" || character === "\u200d";
}

const JOINED = /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Sinhala}\p{Script=Malayalam}\p{Script=Kannada}\p{Script=Telugu}\p{Script=Tamil}\p{Script=Khmer}\p{Script=Mongolian}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u;

/** Whether a joiner stands between two characters that it joins. */
function joins(text: string, index: number): boolean {
  const before = [...text.slice(Math.max(0, index - 2), index)].at(-1) ?? "";
  const after = [...text.slice(index + 1, index + 3)][0] ?? "";
  return JOINED.test(before) && JOINED.test(after);
}
