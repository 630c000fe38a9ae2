// A list that is read a page at a time, and stays current: what was loaded stays when it is read again.
import { isAbort } from "../api/problem.ts";
import { notices } from "../shell/notices.svelte.ts";
import type { FeedEvent } from "../live/feed_event.ts";
import { LiveQuery } from "../live/live_query.svelte.ts";
import { type Order, type Pages, withBeginning, withNextPage } from "./paged_rows.ts";

/** One answer of the host. */
export interface Page<Row, Cursor, Head> {
  readonly rows: readonly Row[];
  readonly next?: Cursor | null | undefined;
  /** What the first page says of the whole list. */
  readonly head?: Head;
}

export interface PagedListOptions<Row, Cursor, Head> {
  /** What the list is of, such as its filters: another place begins anew. Default: always the same. */
  readonly place?: () => string;
  /** Reads the page that begins at a cursor; without one the first. */
  readonly load: (after: Cursor | undefined, signal: AbortSignal) => Promise<Page<Row, Cursor, Head>>;
  readonly order: Order<Row>;
  /** Whether rows change or leave the list: all loaded pages are then read again, not the first alone. */
  readonly rowsChange?: boolean;
  /** Rows kept at most. Default 1,000. */
  readonly most?: number;
  readonly refreshOn?: (event: FeedEvent) => boolean;
  readonly every?: number;
}

interface Loaded<Row, Cursor, Head> extends Pages<Row, Cursor> {
  readonly place: string;
  readonly head: Head | undefined;
}

export class PagedList<Row, Cursor, Head = undefined> {
  readonly #options: PagedListOptions<Row, Cursor, Head>;
  readonly #order: Order<Row>;
  readonly #most: number;
  readonly #place = $derived.by(() => this.#options.place?.() ?? "");
  #more = $state.raw<AbortController | undefined>();
  /** The list as a live query, for `QueryView`. */
  readonly query: LiveQuery<Loaded<Row, Cursor, Head>>;

  constructor(options: PagedListOptions<Row, Cursor, Head>) {
    this.#options = options;
    this.#order = options.order;
    this.#most = options.most ?? 1_000;
    const { refreshOn, every } = options;
    this.query = new LiveQuery({
      load: (signal) => this.#read(this.#place, signal),
      ...(refreshOn ? { refreshOn } : {}),
      ...(every ? { every } : {}),
    });
  }

  get rows(): readonly Row[] {
    return this.query.data?.rows ?? [];
  }
  get head(): Head | undefined {
    return this.query.data?.head;
  }
  /** Whether the rows are of another place: those of this one are on their way. */
  get isOther(): boolean {
    return this.query.data !== undefined && this.query.data.place !== this.#place;
  }
  /** Whether there are rows that were not read. */
  get hasMore(): boolean {
    return this.query.data?.next !== undefined;
  }
  /** Whether it has as many rows as it keeps. */
  get isFull(): boolean {
    return this.rows.length >= this.#most;
  }
  get isLoadingMore(): boolean {
    return this.#more !== undefined;
  }

  refresh(): Promise<void> {
    return this.query.refresh();
  }

  refreshSoon(): void {
    this.query.refreshSoon();
  }

  /** Changes the rows before the host says so; the next read replaces them. */
  update(change: (rows: readonly Row[]) => readonly Row[]): void {
    this.query.update((data) => ({ ...data, rows: change(data.rows) }));
  }

  /** Reads the next page. */
  async more(): Promise<void> {
    const known = this.query.data;
    if (!known || known.next === undefined || this.#more || this.isOther || this.isFull) return;
    const attempt = new AbortController();
    this.#more = attempt;
    try {
      const page = await this.#options.load(known.next, attempt.signal);
      if (attempt.signal.aborted) return;
      // A page of another place, or behind a row where the list no longer ends, says nothing here.
      this.query.update((now) => (now.place === known.place && now.next === known.next ? { ...now, ...withNextPage(now, pagesOf(page), this.#order) } : now));
    } catch (error) {
      if (!attempt.signal.aborted && !isAbort(error)) notices.problem(error);
    } finally {
      if (this.#more === attempt) this.#more = undefined;
    }
  }

  /** Starts with the component that owns it, and stops with it; another place starts anew. */
  start(): () => void {
    const stop = this.query.start();
    return () => {
      stop();
      this.#more?.abort();
      this.#more = undefined;
    };
  }

  async #read(place: string, signal: AbortSignal): Promise<Loaded<Row, Cursor, Head>> {
    try {
      const first = await this.#options.load(undefined, signal);
      let beginning = pagesOf(first);
      const { rowsChange } = this.#options;
      const count = this.query.data?.place === place ? this.rows.length : 0;
      while (rowsChange && beginning.next !== undefined && beginning.rows.length < count) {
        beginning = withNextPage(beginning, pagesOf(await this.#options.load(beginning.next, signal)), this.#order);
      }
      const known = this.query.data;
      const pages = known?.place === place ? withBeginning(known, beginning, this.#order) : beginning;
      return { ...pages, place, head: first.head };
    } catch (error) {
      // Rows of other filters are no answer for these.
      if (!signal.aborted && this.query.data?.place !== place) this.query.forget();
      throw error;
    }
  }
}

/** A paged list of a component. */
export function pagedList<Row, Cursor, Head = undefined>(options: PagedListOptions<Row, Cursor, Head>): PagedList<Row, Cursor, Head> {
  const list = new PagedList(options);
  $effect(() => list.start());
  return list;
}

const pagesOf = <Row, Cursor>({ rows, next }: Page<Row, Cursor, unknown>): Pages<Row, Cursor> => ({ rows, next: next ?? undefined });
