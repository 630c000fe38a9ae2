// Rows of a long list of which some pages were read.

/** What was read of a list: its first rows without a gap, and where the next page begins. */
export interface Pages<Row, Cursor> {
  readonly rows: readonly Row[];
  /** Absent where there are no more. */
  readonly next: Cursor | undefined;
}

/** How rows stand to each other in the list: negative if the first one stands before. */
export type Order<Row> = (a: Row, b: Row) => number;

/**
 * The list after its beginning was read again: rows behind it stay. Where so much is new that the
 * beginning no longer reaches what was read before, the list ends there: rows between would be missing.
 */
export function withBeginning<Row, Cursor>(known: Pages<Row, Cursor>, beginning: Pages<Row, Cursor>, order: Order<Row>): Pages<Row, Cursor> {
  const last = beginning.rows.at(-1);
  const first = known.rows[0];
  if (beginning.next === undefined || !last || !first || order(last, first) < 0) return beginning;
  const rest = known.rows.filter((row) => order(last, row) < 0);
  return rest.length === 0 ? beginning : { rows: [...beginning.rows, ...rest], next: known.next };
}

/** The list with the page that begins where it ended. */
export function withNextPage<Row, Cursor>(known: Pages<Row, Cursor>, page: Pages<Row, Cursor>, order: Order<Row>): Pages<Row, Cursor> {
  const last = known.rows.at(-1);
  const rows = last ? page.rows.filter((row) => order(last, row) < 0) : page.rows;
  return { rows: [...known.rows, ...rows], next: page.next };
}
