import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Pages, withBeginning, withNextPage } from "./paged_rows.ts";

/** Newest first, by number. */
const order = (a: number, b: number): number => b - a;
const PAGE = 3;

/** What a host with these rows answers. */
function read(rows: readonly number[], before = Number.POSITIVE_INFINITY): Pages<number, number> {
  const left = rows.filter((row) => row < before).toSorted(order);
  const page = left.slice(0, PAGE);
  return { rows: page, next: left.length > PAGE ? page.at(-1) : undefined };
}

test("pages that were read stay when the first one is read again", () => {
  const known = withNextPage(read([1, 2, 3, 4, 5, 6, 7]), read([1, 2, 3, 4, 5, 6, 7], 5), order);
  assert.deepEqual(known, { rows: [7, 6, 5, 4, 3, 2], next: 2 });
  // A new row moves one of the old first page behind the new one: it is not lost.
  assert.deepEqual(withBeginning(known, read([1, 2, 3, 4, 5, 6, 7, 8]), order), { rows: [8, 7, 6, 5, 4, 3, 2], next: 2 });
});

test("a row that left the list leaves the page that was read again", () => {
  const known = { rows: [7, 6, 5, 4, 3, 2], next: 2 };
  assert.deepEqual(withBeginning(known, read([1, 2, 3, 4, 5, 7]), order).rows, [7, 5, 4, 3, 2]);
});

test("a list that fits into one page is that page", () => {
  assert.deepEqual(withBeginning({ rows: [7, 6, 5, 4], next: 4 }, read([9, 8]), order), { rows: [9, 8], next: undefined });
});

test("where more is new than a page holds, no row between is passed over", () => {
  const known = { rows: [3, 2, 1], next: undefined };
  assert.deepEqual(withBeginning(known, read([1, 2, 3, 4, 5, 6, 7, 8, 9]), order), { rows: [9, 8, 7], next: 7 });
});

test("whatever is added between reads, the rows have no gap and none is there twice", () => {
  const steps = fc.array(fc.oneof(fc.record({ add: fc.integer({ min: 1, max: 8 }) }), fc.constant("refresh" as const), fc.constant("more" as const)), { maxLength: 30 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 12 }), steps, (count, acts) => {
      const host = Array.from({ length: count }, (_, index) => index + 1);
      let list = read(host);
      for (const act of acts) {
        if (act === "refresh") list = withBeginning(list, read(host), order);
        else if (act === "more") list = list.next === undefined ? list : withNextPage(list, read(host, list.next), order);
        else for (let index = 0; index < act.add; index += 1) host.push(host.length + 1);
        const [newest = 0, oldest = newest] = [list.rows[0], list.rows.at(-1)];
        assert.deepEqual(list.rows, Array.from({ length: list.rows.length }, (_, index) => newest - index));
        assert.equal(list.next === undefined, oldest <= 1);
      }
    }),
  );
});
