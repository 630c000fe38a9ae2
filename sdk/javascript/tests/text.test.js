import { expect, test } from "vitest";

import { byteLength, byteSpan, decodeUtf8, encodeUtf8 } from "../src/text.js";

const TEXTS = ["", "plain", "São Tomé", "日本語", "🙂🙃 mixed é", "\u0000\u007f\u0080\u07ff\u0800\uffff"];

test.each(TEXTS)("%j has the bytes that Node.js gives it", (text) => {
  const bytes = new TextEncoder().encode(text);
  expect(byteLength(text)).toBe(bytes.length);
  expect(encodeUtf8(text)).toEqual(bytes);
  expect(decodeUtf8(bytes)).toBe(text);
});

test("a span counts bytes, not positions", () => {
  const text = "é 🙂 4111 end";
  const from = text.indexOf("4111");
  const { start, end } = byteSpan(text, from, from + 4);
  expect(decodeUtf8(encodeUtf8(text).slice(start, end))).toBe("4111");
});

test.each([[[0xff]], [[0xc0, 0x80]], [[0xe0, 0x80, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf0, 0x9f, 0x99]], [[0xf8, 0x88]]])(
  "%j is not UTF-8 and is replaced",
  (bytes) => {
    expect(decodeUtf8(bytes)).toContain("\ufffd");
  },
);
