// Files of a reply: uploaded while the person writes, and named by the draft. Uploads go on when the
// person opens another conversation meanwhile.
import { address, api } from "../../../api/client.ts";
import { ApiProblem, isAbort, toProblem } from "../../../api/problem.ts";
import type { FileRules, UploadedFile } from "../../../api/shapes.ts";
import { type Upload, putFile } from "./put_file.ts";
import type { DraftFile } from "../../../drafts/draft_store.ts";
import { session } from "../../../shell/session.svelte.ts";
import { type FileRefusal, cleanName, refuseFile } from "./file_rules.ts";
import { newReplyId } from "../reply_id.ts";

const PATH = "/v1/companies/{company}/conversations/{conversation}/files/{file}";

/** Uploads at once: the host takes three of a person. */
const AT_ONCE = 2;
/** How often an upload is sent that the host has no place for. */
const TRIES = 5;
/** Longest wait in seconds between them; where the host names more, the person decides. */
const LONGEST_WAIT = 5;

export interface FileUpload extends DraftFile {
  readonly state: "uploading" | "done" | "failed";
  /** Share that has left, 0 to 1. */
  readonly share: number;
  readonly problem?: ApiProblem;
}

interface Events {
  /** Called when the files that are uploaded are others. */
  readonly onchange: () => void;
  /** Called when no file is on its way any more. */
  readonly onidle: () => void;
  readonly onrefused: (name: string, refusal: FileRefusal) => void;
  readonly ondone: (name: string) => void;
  readonly onfailed: (name: string, problem: ApiProblem) => void;
}

/** How many files are on their way in this page. */
let underWay = 0;

// A file that is on its way would be lost with the page.
window.addEventListener("beforeunload", (event) => {
  if (underWay > 0 && !session.isLeaving) event.preventDefault();
});

export class FileUploads {
  items = $state.raw<readonly FileUpload[]>([]);
  readonly #conversation: string;
  readonly #company = session.company;
  readonly #events: Events;
  readonly #running = new Map<string, AbortController>();
  readonly #contents = new Map<string, Blob>();
  /** Uploads that wait for others to end. */
  readonly #waiting: (() => void)[] = [];
  #places = AT_ONCE;

  constructor(conversation: string, events: Events) {
    this.#conversation = conversation;
    this.#events = events;
  }

  /** The files that a reply can name. */
  get done(): readonly DraftFile[] {
    return this.items.filter((it) => it.state === "done").map(({ id, name, size }) => ({ id, name, size }));
  }

  get isUploading(): boolean {
    return this.items.some((it) => it.state === "uploading");
  }

  get hasFailed(): boolean {
    return this.items.some((it) => it.state === "failed");
  }

  /** Shows files that are uploaded, in place of others that are, and beside those that are on their way. */
  show(files: readonly DraftFile[]): void {
    const others = this.items.filter((it) => it.state !== "done" && !files.some(({ id }) => id === it.id));
    this.items = [...files.map((it) => ({ ...it, state: "done" as const, share: 1 })), ...others];
  }

  add(rules: FileRules, files: readonly File[]): void {
    for (const file of files) {
      const name = cleanName(file.name);
      const refusal = refuseFile(rules, this.items, { name, size: file.size });
      if (refusal) {
        this.#events.onrefused(name, refusal);
        continue;
      }
      const id = newReplyId();
      this.#contents.set(id, file);
      this.items = [...this.items, { id, name, size: file.size, state: "uploading", share: 0 }];
      void this.#upload(id, name, file);
    }
  }

  /** Uploads one again that failed: the same id is the same file. */
  retry(id: string): void {
    const [item, file] = [this.items.find((it) => it.id === id), this.#contents.get(id)];
    if (!item || !file || item.state !== "failed") return;
    this.#change(id, { state: "uploading", share: 0 });
    void this.#upload(id, item.name, file);
  }

  /** Gives an upload up, or removes a file that no reply has. */
  async remove(id: string): Promise<void> {
    const item = this.items.find((it) => it.id === id);
    this.items = this.items.filter((it) => it.id !== id);
    this.#contents.delete(id);
    this.#running.get(id)?.abort();
    if (item?.state !== "done") return;
    this.#events.onchange();
    try {
      const path = { company: this.#company, conversation: this.#conversation, file: id };
      await api.delete(PATH, { path, query: session.actor() });
    } catch {
      // A reply has it, or it expires by itself.
    }
  }

  /** The reply has the files: they are not removed. */
  forget(): void {
    this.items = [];
    this.#contents.clear();
  }

  /** The draft is discarded: what is on its way is given up. The host deletes the others after a day, unless they come back. */
  abandon(): void {
    this.forget();
    for (const running of this.#running.values()) running.abort();
  }

  async #upload(id: string, name: string, file: Blob): Promise<void> {
    const running = new AbortController();
    this.#running.set(id, running);
    underWay += 1;
    try {
      const fields = { company: this.#company, conversation: this.#conversation, file: id };
      const target = address(PATH, fields, session.actor());
      const onprogress = (share: number): void => this.#change(id, { share });
      const send = { file, name, signal: running.signal, onprogress };
      const stored = await this.#inTurn(() => sendUntilTaken(target, send));
      this.#contents.delete(id);
      this.#change(id, { state: "done", share: 1, name: stored.name, size: stored.size });
      this.#events.onchange();
      this.#events.ondone(stored.name);
    } catch (error) {
      if (isAbort(error)) return;
      const problem = toProblem(error);
      this.#change(id, { state: "failed", problem });
      this.#events.onfailed(name, problem);
    } finally {
      this.#running.delete(id);
      underWay -= 1;
      if (!this.isUploading) this.#events.onidle();
    }
  }

  async #inTurn<T>(send: () => Promise<T>): Promise<T> {
    if (this.#places > 0) this.#places -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await send();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#places += 1;
    }
  }

  #change(id: string, change: Partial<FileUpload>): void {
    this.items = this.items.map((it) => (it.id === id ? { ...it, ...change } : it));
  }
}

/** Sends a file, and again after the wait that the host names while it has no place. */
async function sendUntilTaken(target: string, upload: Upload): Promise<UploadedFile> {
  for (let tries = 1; ; tries += 1) {
    if (upload.signal.aborted) throw new DOMException("given up", "AbortError");
    try {
      return await putFile<UploadedFile>(target, upload);
    } catch (error) {
      const wait = error instanceof ApiProblem && error.status === 429 ? error.retryAfter : undefined;
      if (wait === undefined || wait > LONGEST_WAIT || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}
