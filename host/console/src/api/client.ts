// Requests to the API, typed by its OpenAPI document.
import { isAbort, noAnswer, readProblem } from "./problem.ts";
import { RequestQueue } from "./request_queue.ts";
import { serverClock } from "./server_clock.ts";
import type { Paths } from "./shapes.ts";

type Get<T, K extends string> = T extends { [key in K]?: infer V } ? V : never;
type PathFields<O> = Get<Get<O, "parameters">, "path">;
type QueryFields<O> = Get<Get<O, "parameters">, "query">;
type BodyOf<O> = Get<Get<Get<O, "requestBody">, "content">, "application/json">;
type Responses<O> = Get<O, "responses">;
type JsonOf<R> = R extends { content: { "application/json": infer J } } ? J : undefined;
type Success<R> = {
  [S in keyof R]: S extends 200 | 201 | 202 | 204 ? JsonOf<R[S]> : never;
}[keyof R];

/** The answer of an operation: of `GET` on a path unless another method is given. */
export type Answer<P extends keyof Paths, M extends string = "get"> = Success<
  Responses<Get<Paths[P], M>>
>;

interface CommonOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether a person waits for it: it goes before what only refreshes a view. */
  readonly urgent?: boolean;
  /** Milliseconds until it is given up. Default 10 s. */
  readonly timeout?: number;
  readonly headers?: Record<string, string>;
  /** Whether it goes out although the page closes. */
  readonly keepalive?: boolean;
}

type Options<O> = CommonOptions & {
  readonly path?: PathFields<O>;
  readonly query?: QueryFields<O>;
  readonly body?: BodyOf<O>;
};

type AnyOptions = CommonOptions & { readonly path?: object; readonly query?: object; readonly body?: unknown };

/** Every wait has an end. */
const TIMEOUT_MS = 10_000;

type Listener = () => void;

/** Sends requests, and watches what every answer says: time, build, and whether the session ended. */
export class ApiClient {
  readonly #queue = new RequestQueue();
  #build: string | undefined;
  /** Called when an answer says that nobody is signed in. */
  onSignedOut: Listener = () => {};
  /** Called once when the host serves another build of the console. */
  onNewBuild: Listener = () => {};

  get<P extends keyof Paths>(path: P, options: Options<Get<Paths[P], "get">> = {}): Promise<Answer<P>> {
    const target = address(path, options.path, options.query);
    const send = () => this.#send("GET", target, options) as Promise<Answer<P>>;
    // A read that can be given up is its view's own.
    return options.signal ? this.#queue.run(send, options.urgent) : this.#queue.read(target, send);
  }

  post<P extends keyof Paths>(path: P, options: Options<Get<Paths[P], "post">> = {}): Promise<Answer<P, "post">> {
    return this.#change("POST", path, options) as Promise<Answer<P, "post">>;
  }

  put<P extends keyof Paths>(path: P, options: Options<Get<Paths[P], "put">> = {}): Promise<Answer<P, "put">> {
    return this.#change("PUT", path, options) as Promise<Answer<P, "put">>;
  }

  delete<P extends keyof Paths>(path: P, options: Options<Get<Paths[P], "delete">> = {}): Promise<Answer<P, "delete">> {
    return this.#change("DELETE", path, options) as Promise<Answer<P, "delete">>;
  }

  /** Notes what the headers of an answer say. */
  observe(answer: Response, askedAt: number): void {
    serverClock.observe(answer.headers.get("date"), askedAt, Date.now());
    const build = answer.headers.get("x-patchbay-build");
    if (build && this.#build && build !== this.#build) this.onNewBuild();
    if (build) this.#build = build;
  }

  #change(method: string, path: keyof Paths, options: AnyOptions): Promise<unknown> {
    const target = address(path, options.path, options.query);
    return this.#queue.run(() => this.#send(method, target, options), true);
  }

  async #send(method: string, target: string, options: AnyOptions): Promise<unknown> {
    const timeout = AbortSignal.timeout(options.timeout ?? TIMEOUT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (method !== "GET") headers["x-patchbay-console"] = "1";
    if (options.body !== undefined && !headers["content-type"]) headers["content-type"] = "application/json";
    const isText = typeof options.body === "string" && headers["content-type"] !== "application/json";
    const body = options.body === undefined ? null : isText ? (options.body as string) : JSON.stringify(options.body);
    const askedAt = Date.now();
    let answer: Response;
    try {
      answer = await fetch(target, { method, headers, body, signal, credentials: "same-origin", cache: "no-store", keepalive: options.keepalive ?? false });
    } catch (error) {
      if (options.signal?.aborted && isAbort(error)) throw error;
      throw noAnswer(timeout.aborted ? "timeout" : "offline");
    }
    this.observe(answer, askedAt);
    if (!answer.ok) {
      const problem = await readProblem(answer);
      if (answer.status === 401 && !target.startsWith("/v1/session")) this.onSignedOut();
      throw problem;
    }
    if (answer.status === 204) return undefined;
    try {
      return await answer.json();
    } catch (error) {
      if (options.signal?.aborted && isAbort(error)) throw error;
      throw noAnswer(timeout.aborted ? "timeout" : "offline");
    }
  }
}

/** The address of an operation, with its fields filled in and escaped. */
export function address(path: string, fields?: object, query?: object): string {
  const given = (fields ?? {}) as Record<string, unknown>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = given[name];
    if (value === undefined || value === "") throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(String(value));
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${filled}?${text}` : filled;
}

export const api = new ApiClient();
