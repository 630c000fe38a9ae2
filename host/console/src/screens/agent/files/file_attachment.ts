// What a composer loads when files can be attached.
export { default as ReplyFiles } from "./ReplyFiles.svelte";
export { FileUploads } from "./file_uploads.svelte.ts";
export { redraw } from "./pasted_image.ts";
export { refusalText } from "./refusal_text.ts";
