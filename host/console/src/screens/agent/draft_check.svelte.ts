// The tone check of a draft while it is typed.
import type { Finding, Review } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { toProblem } from "../../api/problem.ts";
import { session } from "../../shell/session.svelte.ts";
import { type Span, toUtf16Spans } from "../../text/utf8_span.ts";

/** Pause after the last key, and between two checks: the host allows four a second. */
const TYPING_MS = 300;
const PAUSE_MS = 350;
/** Pause after the host was busy. */
const BUSY_MS = 3_000;

/** What the newest check said, and about which text. */
export interface DraftCheckResult {
  readonly text: string;
  readonly review: Review | undefined;
  readonly length: number;
  readonly limit: number | undefined;
  /** Passages of the findings in UTF-16 units; undefined where a finding has none. */
  readonly spans: readonly (Span | undefined)[];
}

/** `idle`: nothing to check. `failed`: not checked, which never means fine. */
export type CheckState = "idle" | "checking" | "checked" | "failed";

export class DraftCheck {
  #result = $state.raw<DraftCheckResult | undefined>();
  #state = $state<CheckState>("idle");
  #wanted = "";
  #conversation = "";
  #running = false;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get state(): CheckState {
    return this.#state;
  }

  get result(): DraftCheckResult | undefined {
    return this.#result;
  }

  /** Checks a text soon; the newest one wins. */
  check(conversation: string, text: string): void {
    this.#conversation = conversation;
    this.#wanted = text;
    clearTimeout(this.#timer);
    if (text.trim() === "") {
      this.#result = undefined;
      this.#state = "idle";
      return;
    }
    if (this.#result?.text === text) return;
    this.#state = "checking";
    this.#timer = setTimeout(() => void this.#run(), Math.max(TYPING_MS, this.#notBefore - Date.now()));
  }

  /** Takes the review of a reply that was sent, which is about this text. */
  take(text: string, review: Review | undefined): void {
    clearTimeout(this.#timer);
    this.#wanted = text;
    const length = this.#result?.length ?? 0;
    this.#result = { text, review, length, limit: this.#result?.limit, spans: spansOf(text, review?.findings ?? []) };
    this.#state = "checked";
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#wanted = "";
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    const [text, conversation] = [this.#wanted, this.#conversation];
    if (text === "") return;
    this.#running = true;
    try {
      const path = { company: session.company, conversation };
      const answer = await api.post("/v1/companies/{company}/conversations/{conversation}/replies/check", {
        path,
        body: { text, written_by: "human", ...session.actor() },
        timeout: 5_000,
      });
      if (text === this.#wanted) {
        const review = answer.review ?? undefined;
        this.#result = { text, review, length: answer.length, limit: answer.limit ?? undefined, spans: spansOf(text, review?.findings ?? []) };
        this.#state = "checked";
      }
      this.#notBefore = Date.now() + PAUSE_MS;
    } catch (error) {
      const problem = toProblem(error);
      this.#notBefore = Date.now() + (problem.isTemporary ? (problem.retryAfter ?? 0) * 1_000 + BUSY_MS : BUSY_MS * 10);
      if (text === this.#wanted) this.#state = "failed";
    } finally {
      this.#running = false;
      if (this.#wanted !== text && this.#wanted !== "") {
        this.#timer = setTimeout(() => void this.#run(), Math.max(PAUSE_MS, this.#notBefore - Date.now()));
      }
    }
  }
}

function spansOf(text: string, findings: readonly Finding[]): (Span | undefined)[] {
  const withPlace = findings.filter((it) => typeof it.start === "number" && typeof it.end === "number");
  const spans = toUtf16Spans(
    text,
    withPlace.map((it) => ({ start: it.start ?? 0, end: it.end ?? 0 })),
  );
  return findings.map((finding) => spans[withPlace.indexOf(finding)]);
}
