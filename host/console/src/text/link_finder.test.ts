import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findLinks } from "./link_finder.ts";

const written = (text: string): string[] =>
  findLinks(text).map(({ start, end }) => text.slice(start, end));

test("links end before the punctuation of the sentence", () => {
  assert.deepEqual(written("See https://shop.example/a?b=1, or (http://x.example/y)."), [
    "https://shop.example/a?b=1",
    "http://x.example/y",
  ]);
  assert.deepEqual(written("https://en.example/Foo_(bar)!"), ["https://en.example/Foo_(bar)"]);
});

test("only http, https and mail are links", () => {
  for (const text of [
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "java\u0000script:alert(1)",
    "ht\u200btp://x.example",
    "xhttps://x.example",
  ]) {
    assert.deepEqual(findLinks(text), [], text);
  }
  assert.equal(findLinks("mailto:jo@shop.example?bcc=x@evil.example")[0]?.href, "mailto:jo@shop.example");
});

test("a user name is cut out and told", () => {
  const [link] = findLinks("https://bank.example@evil.example/login");
  assert.equal(link?.href, "https://evil.example/login");
  assert.equal(link?.host, "evil.example");
  assert.equal(link?.hadUserinfo, true);
});

test("hosts of other scripts are shown as the network names them where they mislead", () => {
  const [lookalike] = findLinks("https://раураl.example/");
  assert.equal(lookalike?.misleading, true);
  assert.match(lookalike?.host ?? "", /^xn--/);
  const [book] = findLinks("https://bücher.example/");
  assert.equal(book?.misleading, false);
  assert.equal(book?.readableHost, "bücher.example");
  assert.equal(findLinks("https://xn--80ak6aa92e.example/")[0]?.misleading, true);
});

/** How many characters the finder looks at in a text: one by one, or by taking pieces. */
function countReads(text: string): number {
  const { charAt, slice } = String.prototype;
  let reads = 0;
  String.prototype.charAt = function (this: string, index: number) {
    reads += 1;
    return charAt.call(this, index);
  };
  String.prototype.slice = function (this: string, start?: number, end?: number) {
    const piece = slice.call(this, start, end);
    reads += piece.length;
    return piece;
  };
  try {
    findLinks(text);
  } finally {
    Object.assign(String.prototype, { charAt, slice });
  }
  return reads;
}

test("a text is read in proportion to its length", () => {
  for (const piece of ["a", "https://", "https://x.example/ ", "(", "a.", "www.", "https://x.example/)", "https://x.example/.", "http://www.mailto:"]) {
    for (const begin of ["", "https://", "https://x.example/"]) {
      const text = begin + piece.repeat(2_048);
      const reads = countReads(text);
      assert.ok(reads <= 4 * text.length + 100, `${text.slice(0, 30)}: ${reads} reads of ${text.length} characters`);
    }
  }
});

test("every link of any text is within it and leads to an allowed scheme", () => {
  const pieces = fc.oneof(
    fc.constantFrom("https://", "http://", "mailto:", "www.", "@", ".", "/", " ", "(", ")", "é", "😀"),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const text = parts.join("");
      let last = 0;
      for (const link of findLinks(text)) {
        assert.ok(link.start >= last && link.end > link.start && link.end <= text.length);
        assert.match(link.href, /^(https?:\/\/|mailto:)/);
        last = link.end;
      }
    }),
  );
});
