// What comes back when a reply is taken back joins what its author has begun since then.
import type { Draft, DraftFile } from "./draft_store.ts";

/** A reply that was taken back. */
export interface ReturnedReply {
  /** Its text, also that of a filled template. */
  readonly text: string;
  /** The template that it was made of, if that is known. */
  readonly template?: Draft["template"] | undefined;
  /** Whom the conversation is with. */
  readonly contact?: string | undefined;
  /** What was to follow it. */
  readonly then?: string | undefined;
  /** Its uploaded files, which another reply of the conversation can have. */
  readonly files?: readonly DraftFile[] | undefined;
}

/**
 * The draft of the reply's conversation with the returned words before those that are there.
 * Nothing that was written is lost. `replyId` is new: the id of the reply sends nothing any more.
 */
export function joinReturned(draft: Draft | undefined, returned: ReturnedReply, replyId: string, now: number): Draft {
  const begun = draft?.text.trim() ? draft.text : "";
  const chosen = draft?.template;
  const template = chosen ?? (begun ? undefined : returned.template);
  const words = template && template === returned.template ? "" : returned.text;
  const then = returned.then ?? draft?.then;
  const contact = returned.contact ?? draft?.contact;
  const begunFiles = draft?.files ?? [];
  const returnedFiles = (returned.files ?? []).filter((file) => !begunFiles.some((it) => it.id === file.id));
  const files = [...returnedFiles, ...begunFiles];
  return {
    text: [words, begun].filter(Boolean).join("\n\n"),
    replyId,
    changedAt: now,
    ...(contact ? { contact } : {}),
    ...(then ? { then } : {}),
    ...(template ? { template } : {}),
    ...(files.length > 0 ? { files } : {}),
  };
}
