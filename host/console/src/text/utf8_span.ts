// Places in a text. The API counts bytes of UTF-8; strings and text fields of the browser
// count UTF-16 units.

/** A passage, from the first unit to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Bytes of the UTF-8 form of a code point. A lone surrogate is sent as U+FFFD. */
function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** Bytes of the UTF-8 form of a text. */
export function utf8Size(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += utf8Length(character.codePointAt(0) ?? 0);
  return bytes;
}

/**
 * Converts spans of UTF-8 bytes to spans of UTF-16 units, in one walk over the text. A place
 * inside a character becomes its start; one behind the end becomes the end.
 */
export function toUtf16Spans(text: string, spans: readonly Span[]): Span[] {
  const places = [...new Set(spans.flatMap(({ start, end }) => [start, end]))];
  places.sort((a, b) => a - b);
  const found = new Map<number, number>();
  let bytes = 0;
  let units = 0;
  let next = 0;
  for (const character of text) {
    const after = bytes + utf8Length(character.codePointAt(0) ?? 0);
    while (next < places.length && (places[next] ?? 0) < after) {
      found.set(places[next] ?? 0, units);
      next += 1;
    }
    bytes = after;
    units += character.length;
  }
  const convert = (place: number): number => found.get(place) ?? text.length;
  return spans.map(({ start, end }) => ({ start: convert(start), end: convert(end) }));
}

/** Converts a span of UTF-16 units to one of UTF-8 bytes. */
export function toUtf8Span(text: string, span: Span): Span {
  const start = utf8Size(text.slice(0, span.start));
  return { start, end: start + utf8Size(text.slice(span.start, span.end)) };
}
