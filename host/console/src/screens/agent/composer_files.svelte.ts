// Files of the reply that a composer writes: chosen, dropped or pasted. The code that uploads them
// is loaded when the first one comes.
import type { FileRules } from "../../api/shapes.ts";
import type { DraftFile } from "../../drafts/draft_store.ts";
import { notices } from "../../shell/notices.svelte.ts";
import type { FileUploads } from "./files/file_uploads.svelte.ts";
import { texts } from "./texts.ts";

type FileAttachment = typeof import("./files/file_attachment.ts");

interface Context {
  /** What the channel takes now; absent: no files. */
  readonly rules: () => FileRules | undefined;
  /** Whether the reply is on its way: its files stay as they are. */
  readonly isBusy: () => boolean;
  /** Called when the files that are uploaded are others. */
  readonly onchange: () => void;
  /** Called when nothing is being uploaded any more. */
  readonly onidle: () => void;
}

const hasFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes("Files") ?? false;

export class ComposerFiles {
  /** Whether files are dragged over the composer. */
  isOver = $state(false);
  uploads = $state.raw<FileUploads | undefined>();
  view = $state.raw<FileAttachment["ReplyFiles"] | undefined>();
  /** Files that were chosen and are not uploaded yet: their code loads, or they are drawn again. */
  #preparing = $state(0);
  /** Files of the draft, until there is code to show them. */
  #shown = $state.raw<readonly DraftFile[]>([]);
  #loading: Promise<FileAttachment | undefined> | undefined;
  readonly #conversation: string;
  readonly #context: Context;

  constructor(conversation: string, context: Context) {
    this.#conversation = conversation;
    this.#context = context;
  }

  /** The files that a reply can name. */
  get done(): readonly DraftFile[] {
    return this.uploads?.done ?? this.#shown;
  }

  get count(): number {
    return this.uploads?.items.length ?? this.#shown.length;
  }

  /** Whether a file is on its way, or not seen yet by the person. */
  get isUploading(): boolean {
    return this.#preparing > 0 || (this.uploads?.isUploading ?? this.#shown.length > 0);
  }

  get hasFailed(): boolean {
    return this.uploads?.hasFailed ?? false;
  }

  /** Shows the files of a draft, which are uploaded, beside those that are on their way. */
  show(files: readonly DraftFile[]): void {
    if (this.uploads) {
      this.uploads.show(files);
      return;
    }
    this.#shown = files;
    if (files.length > 0) void this.#load();
  }

  /** The reply has the files. */
  forget(): void {
    this.#shown = [];
    this.uploads?.forget();
  }

  /** The draft is discarded: nothing more is uploaded. */
  abandon(): void {
    this.#shown = [];
    this.uploads?.abandon();
  }

  async attach(files: readonly File[]): Promise<void> {
    if (files.length === 0 || !this.#context.rules() || this.#context.isBusy()) return;
    await this.#prepare(async () => {
      if (await this.#load()) this.#add(files);
    });
  }

  /** Pasted text stays text; pictures are drawn again, and other files go as they are. */
  async paste(event: ClipboardEvent): Promise<void> {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || event.clipboardData?.types.includes("text/plain") || !this.#context.rules() || this.#context.isBusy()) return;
    event.preventDefault();
    await this.#prepare(async () => {
      const attachment = await this.#load();
      if (!attachment) return;
      const words = texts.text.composer;
      const drawn = files.map((file) => (file.type.startsWith("image/") ? attachment.redraw(file, words.pastedPicture) : file));
      for (const file of await Promise.all(drawn)) {
        if (file) this.#add([file]);
        else notices.show(words.pictureFailed, { tone: "problem" });
      }
    });
  }

  drag(event: DragEvent): void {
    if (!hasFiles(event.dataTransfer) || !this.#context.rules()) return;
    event.preventDefault();
    this.isOver = true;
  }

  drop(event: DragEvent): void {
    this.isOver = false;
    // Otherwise the browser opens the file in place of the console.
    if (hasFiles(event.dataTransfer)) event.preventDefault();
    void this.attach([...(event.dataTransfer?.files ?? [])]);
  }

  #add(files: readonly File[]): void {
    // The channel may take other files by now, or the composer be closed.
    const rules = this.#context.rules();
    if (rules) this.uploads?.add(rules, files);
    else for (const { name } of files) notices.show(texts.text.composer.fileFailed(name), { tone: "problem" });
  }

  /** Counts as uploading, so that no reply goes out without the file. */
  async #prepare(work: () => Promise<void>): Promise<void> {
    this.#preparing += 1;
    try {
      await work();
    } finally {
      this.#preparing -= 1;
      if (!this.isUploading) this.#context.onidle();
    }
  }

  #load(): Promise<FileAttachment | undefined> {
    this.#loading ??= import("./files/file_attachment.ts").then(
      // The import yields undefined if the host no longer has this version; the page shows a notice.
      (attachment: FileAttachment | undefined) => {
        if (attachment) this.#begin(attachment);
        else this.#loading = undefined;
        return attachment;
      },
      (error: unknown) => {
        this.#loading = undefined;
        notices.problem(error);
        return undefined;
      },
    );
    return this.#loading;
  }

  #begin({ FileUploads: Uploads, ReplyFiles, refusalText }: FileAttachment): void {
    const words = texts.text.composer;
    const uploads = new Uploads(this.#conversation, {
      onchange: this.#context.onchange,
      onidle: this.#context.onidle,
      onrefused: (name, refusal) => notices.show(refusalText(name, refusal), { tone: "problem" }),
      ondone: (name) => notices.announce(words.uploadedFile(name)),
      onfailed: (name) => notices.announce(words.fileFailed(name)),
    });
    uploads.show(this.#shown);
    this.uploads = uploads;
    this.view = ReplyFiles;
  }
}
