// Why a request failed: the problem documents of the API (RFC 9457), and what happens
// before an answer.

/** A problem document, with the members that the console reads. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly field?: string;
  readonly limit?: number;
  readonly size?: number;
  readonly unit?: string;
  readonly problems?: readonly { message: string; line?: number; column?: number; help?: string }[];
  readonly warnings?: readonly string[];
  /** Other members, such as `newest` of 410 and `newer` of `conversation-moved`. */
  readonly [member: string]: unknown;
}

/** A failed request. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly document: ProblemDocument;
  /** Seconds after which a repetition makes sense, if the host says so. */
  readonly retryAfter: number | undefined;

  constructor(document: ProblemDocument, retryAfter?: number) {
    super(document.detail ? `${document.title}: ${document.detail}` : document.title);
    this.document = document;
    this.retryAfter = retryAfter;
  }

  /** The kind without its path, such as `not-yours`; `offline` if there was no answer. */
  get kind(): string {
    return this.document.type.slice(this.document.type.lastIndexOf("/") + 1);
  }

  get status(): number {
    return this.document.status;
  }

  /** Whether the same request may succeed later: nobody answered, or the host is busy. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

/** The problem of an answer; any answer that is no problem document becomes one. */
export async function readProblem(answer: Response): Promise<ApiProblem> {
  const retry = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(retry) ? retry : undefined;
  try {
    const document: unknown = await answer.json();
    if (isProblemDocument(document)) return new ApiProblem(document, retryAfter);
  } catch {
    // A proxy's page, or nothing at all.
  }
  const title = answer.statusText || `HTTP ${answer.status}`;
  return new ApiProblem({ type: "about:blank", title, status: answer.status }, retryAfter);
}

/** The problem of a request that nobody answered. */
export function noAnswer(kind: "offline" | "timeout"): ApiProblem {
  const title = kind === "timeout" ? "The host does not answer" : "The host cannot be reached";
  return new ApiProblem({ type: `/problems/${kind}`, title, status: 0 });
}

/** The problem that a caught value stands for. */
export function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  const title = error instanceof Error ? error.message : String(error);
  return new ApiProblem({ type: "/problems/console", title, status: 0 });
}

/** Whether a request was given up because its view closed. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

function isProblemDocument(value: unknown): value is ProblemDocument {
  if (typeof value !== "object" || value === null) return false;
  const { type, title, status } = value as Partial<ProblemDocument>;
  return typeof type === "string" && typeof title === "string" && typeof status === "number";
}
