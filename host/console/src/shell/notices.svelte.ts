// Short messages: toasts for the eye, and a live region for screen readers.
import { common } from "../i18n/common.ts";
import { problemText } from "../i18n/problem_text.ts";

export interface Toast {
  readonly id: number;
  /** A text that changes is a function: it is announced once. */
  readonly text: string | (() => string);
  readonly tone: "info" | "success" | "problem";
  readonly action?: { readonly title: string; readonly run: () => void };
}

const SHOWN_MS = 6_000;
/** Screen readers get at most one announcement in this time. */
const ANNOUNCE_MS = 3_000;
const TOASTS = 4;

class Notices {
  #toasts = $state.raw<readonly Toast[]>([]);
  #announced = $state("");
  #count = $state(0);
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  #next = 1;

  get toasts(): readonly Toast[] {
    return this.#toasts;
  }
  /** How much waits for the person: the title of the tab begins with it. */
  get count(): number {
    return this.#count;
  }
  setCount(count: number): void {
    this.#count = count;
  }
  /** The text of the live region. */
  get announced(): string {
    return this.#announced;
  }

  /** Shows and announces a message, and gives its id. One that `stays` is there until it is dismissed. */
  show(text: Toast["text"], more: Partial<Pick<Toast, "tone" | "action">> & { stays?: boolean } = {}): number {
    const id = this.#next++;
    const { stays, ...look } = more;
    this.#toasts = [...this.#toasts, { id, text, tone: "info", ...look } satisfies Toast].slice(-TOASTS);
    this.announce(typeof text === "string" ? text : text());
    if (!stays) setTimeout(() => this.dismiss(id), more.tone === "problem" ? SHOWN_MS * 2 : SHOWN_MS);
    return id;
  }

  success(text: string, action?: Toast["action"]): void {
    this.show(text, { tone: "success", ...(action ? { action } : {}) });
  }

  /** Shows why something failed. */
  problem(error: unknown): void {
    this.show(problemText(error, common.text), { tone: "problem" });
  }

  dismiss(id: number): void {
    this.#toasts = this.#toasts.filter((toast) => toast.id !== id);
  }

  /** Says something to screen readers only. Several within three seconds become one. */
  announce(text: string): void {
    if (!this.#waiting.includes(text)) this.#waiting.push(text);
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#last = Date.now();
        this.#announced = this.#waiting.splice(0).slice(-3).join(". ");
      },
      Math.max(50, this.#last + ANNOUNCE_MS - Date.now()),
    );
  }
}

export const notices = new Notices();
