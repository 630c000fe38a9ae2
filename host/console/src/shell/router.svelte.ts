// The address of the page: `#/c/4f0c…?queue=billing`. Filters live in it and nowhere else.

export type Query = Record<string, string>;

class Router {
  #path = $state("/");
  #query = $state.raw<Query>({});

  constructor() {
    this.#read();
    window.addEventListener("hashchange", () => this.#read());
  }

  /** Path of the page, such as `/inbox`. */
  get path(): string {
    return this.#path;
  }

  /** Filters and other parameters of the page. */
  get query(): Query {
    return this.#query;
  }

  /** Goes to a page; `replace` leaves no step in the browser's history. */
  go(path: string, query: Query = {}, replace = false): void {
    const address = href(path, query);
    if (address === location.hash) return;
    if (replace) {
      history.replaceState(history.state, "", address);
      this.#read();
    } else {
      location.hash = address;
    }
  }

  /** Changes some parameters of the page that is shown; an empty value removes one. */
  setQuery(change: Record<string, string | undefined>, replace = true): void {
    const query: Query = { ...this.#query };
    for (const [name, value] of Object.entries(change)) {
      if (value) query[name] = value;
      else delete query[name];
    }
    this.go(this.#path, query, replace);
  }

  #read(): void {
    const [path = "/", search = ""] = location.hash.replace(/^#/, "").split("?", 2);
    this.#path = path.startsWith("/") ? path : `/${path}`;
    this.#query = Object.fromEntries(new URLSearchParams(search));
  }
}

/** The address of a page of the console, for links. */
export function href(path: string, query: Query = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return search ? `#${path}?${search}` : `#${path}`;
}

export const router = new Router();
