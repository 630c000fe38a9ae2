// Files of the reply that a composer writes: chosen, dropped or pasted. The code that uploads them
// is loaded when the first one comes.
import type { FileRules } from "../../api/shapes.ts";
import type { DraftFile, DraftKey } from "../../drafts/draft_store.ts";
import { notices } from "../../shell/notices.svelte.ts";
import type { FileUploads, UploadEvents } from "./files/file_uploads.svelte.ts";
import { texts } from "./texts.ts";

type Attaching = typeof import("./files/attaching.ts");

interface Owner {
  /** What the channel takes now; absent: no files. */
  readonly rules: () => FileRules | undefined;
  /** Whether the reply is on its way: its files stay as they are. */
  readonly isBusy: () => boolean;
  /** Called when the files that are uploaded are others. */
  readonly onchange: () => void;
}

/** Whether the code is there: then it costs nothing to look for uploads that go on. */
let isLoaded = false;

const hasFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes("Files") ?? false;

export class ComposerFiles {
  /** Whether files are dragged over the composer. */
  isOver = $state(false);
  uploads = $state.raw<FileUploads | undefined>();
  view = $state.raw<Attaching["ReplyFiles"] | undefined>();
  /** Files of the draft, until there is code to show them. */
  #restored = $state.raw<readonly DraftFile[]>([]);
  #isStopped = false;
  #loading: Promise<Attaching | undefined> | undefined;
  readonly #key: DraftKey;
  readonly #owner: Owner;
  #events: UploadEvents | undefined;

  constructor(key: DraftKey, owner: Owner) {
    this.#key = key;
    this.#owner = owner;
    if (isLoaded) void this.#load();
  }

  /** The files that a reply can name. */
  get done(): readonly DraftFile[] {
    return this.uploads?.done ?? this.#restored;
  }

  get count(): number {
    return this.uploads?.items.length ?? this.#restored.length;
  }

  get isUploading(): boolean {
    return this.uploads?.isUploading ?? false;
  }

  get hasFailed(): boolean {
    return this.uploads?.hasFailed ?? false;
  }

  /** Shows files that are uploaded already. */
  restore(files: readonly DraftFile[]): void {
    if (files.length === 0) return;
    if (this.uploads) {
      this.uploads.restore(files);
      return;
    }
    const others = files.filter((file) => !this.#restored.some((it) => it.id === file.id));
    this.#restored = [...this.#restored, ...others];
    void this.#load();
  }

  /** The reply has the files, or its draft is discarded: they are not removed. */
  forget(): void {
    this.#restored = [];
    this.uploads?.forget();
  }

  /** The composer closes; what is on its way goes on. */
  stop(): void {
    this.#isStopped = true;
    if (this.#events) this.uploads?.close(this.#events);
  }

  async attach(files: readonly File[]): Promise<void> {
    if (files.length === 0 || !this.#owner.rules() || this.#owner.isBusy()) return;
    await this.#load();
    // The channel may take other files by now.
    const rules = this.#owner.rules();
    if (rules && !this.#owner.isBusy() && !this.#isStopped) this.uploads?.add(rules, files);
  }

  /** Pasted text stays text; pictures are drawn again, and other files go as they are. */
  async paste(event: ClipboardEvent): Promise<void> {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || event.clipboardData?.types.includes("text/plain") || !this.#owner.rules()) return;
    event.preventDefault();
    const attaching = await this.#load();
    if (!attaching) return;
    const words = texts.text.composer;
    const drawn = files.map((file) => (file.type.startsWith("image/") ? attaching.redraw(file, words.pastedPicture) : file));
    for (const file of await Promise.all(drawn)) {
      if (file) await this.attach([file]);
      else notices.show(words.pictureFailed, { tone: "problem" });
    }
  }

  drag(event: DragEvent): void {
    if (!hasFiles(event.dataTransfer) || !this.#owner.rules()) return;
    event.preventDefault();
    this.isOver = true;
  }

  drop(event: DragEvent): void {
    this.isOver = false;
    // Otherwise the browser opens the file in place of the console.
    if (hasFiles(event.dataTransfer)) event.preventDefault();
    void this.attach([...(event.dataTransfer?.files ?? [])]);
  }

  #load(): Promise<Attaching | undefined> {
    this.#loading ??= import("./files/attaching.ts").then(
      // Of a version that is gone from the host nothing comes; the page says so (`vite:preloadError`).
      (attaching: Attaching | undefined) => {
        if (attaching) this.#begin(attaching);
        else this.#loading = undefined;
        return attaching;
      },
      (error: unknown) => {
        this.#loading = undefined;
        notices.problem(error);
        return undefined;
      },
    );
    return this.#loading;
  }

  #begin({ FileUploads: Uploads, ReplyFiles, refusalText }: Attaching): void {
    const words = texts.text.composer;
    isLoaded = true;
    if (this.#isStopped) return;
    this.#events = {
      onchange: this.#owner.onchange,
      onrefused: (name, refusal) => notices.show(refusalText(name, refusal), { tone: "problem" }),
      ondone: (name) => notices.announce(words.uploadedFile(name)),
      onfailed: (name) => notices.announce(words.fileFailed(name)),
    };
    const uploads = Uploads.of(this.#key, this.#events);
    uploads.restore(this.#restored);
    this.uploads = uploads;
    this.view = ReplyFiles;
  }
}
