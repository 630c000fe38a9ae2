import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { highlightPieces } from "./highlight_pieces.ts";

test("the higher rank shows where marks overlap", () => {
  const pieces = highlightPieces("abcdef", [
    { start: 1, end: 4, style: "low", rank: 1 },
    { start: 3, end: 5, style: "high", rank: 2 },
  ]);
  assert.deepEqual(pieces, [{ text: "a" }, { text: "bc", style: "low" }, { text: "d", style: "high" }, { text: "e", style: "high" }, { text: "f" }]);
});

test("the pieces are the text, whatever the marks", () => {
  const mark = fc.record({ start: fc.nat(20), end: fc.nat(20), style: fc.constant("s"), rank: fc.nat(3) });
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.array(mark), (text, marks) => {
      const whole = highlightPieces(text, marks).map((piece) => piece.text).join("");
      assert.equal(whole, text);
    }),
  );
});
