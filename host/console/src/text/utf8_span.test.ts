import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toUtf16Spans, toUtf8Span, utf8Size } from "./utf8_span.ts";

const marked = (text: string, start: number, end: number): string => {
  const [span] = toUtf16Spans(text, [{ start, end }]);
  return text.slice(span?.start, span?.end);
};

test("a span marks the exact passage", () => {
  assert.equal(marked("a😀b", 5, 6), "b");
  assert.equal(marked("e\u0301x", 3, 4), "x");
  assert.equal(marked("日本語", 3, 6), "本");
  assert.equal(marked("one\r\ntwo", 5, 8), "two");
});

test("a lone surrogate counts as the three bytes that are sent for it", () => {
  assert.equal(marked("\ud83dx", 3, 4), "x");
  assert.equal(utf8Size("\ud83d"), 3);
});

test("a place inside a character or behind the end is within the text", () => {
  assert.equal(marked("😀b", 1, 99), "😀b");
});

test("spans of any text convert there and back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), fc.nat(), (text, a, b) => {
      const characters = [...text];
      const cut = (place: number): number =>
        characters.slice(0, place % (characters.length + 1)).join("").length;
      const [start, end] = [cut(a), cut(b)].sort((x, y) => x - y) as [number, number];
      const bytes = toUtf8Span(text, { start, end });
      assert.deepEqual(toUtf16Spans(text, [bytes]), [{ start, end }]);
      assert.equal(utf8Size(text), new TextEncoder().encode(text).length);
    }),
  );
});
