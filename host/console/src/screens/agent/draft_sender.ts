// Sends what is written in a composer, also if that closes meanwhile.
import type { Review } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { toProblem } from "../../api/problem.ts";
import { common } from "../../i18n/common.ts";
import { problemText } from "../../i18n/problem_text.ts";
import { notices } from "../../shell/notices.svelte.ts";
import { session } from "../../shell/session.svelte.ts";
import type { ComposerDraft } from "./composer_draft.svelte.ts";
import { type ReplyToSend, sendReply } from "./reply_sender.ts";
import { texts } from "./texts.ts";
import { waitingReplies } from "./waiting_replies.svelte.ts";

interface Circumstances {
  /** Whom the reply is to, as a person calls them. */
  readonly recipient: string;
  /** The newest entry that is shown. */
  readonly sequence: number;
  /** Called with the review of a text that was not sent. */
  readonly onreview: (review: Review | undefined) => void;
}

export async function sendNote(draft: ComposerDraft): Promise<void> {
  const words = texts.text.composer;
  try {
    const path = { company: draft.company, conversation: draft.conversation };
    await api.post("/v1/companies/{company}/conversations/{conversation}/notes", { path, body: { text: draft.noteText, note: draft.noteId, ...session.actor() } });
    await draft.end("note");
    notices.success(words.noteSaved);
    draft.notifySent(false);
  } catch (error) {
    if (toProblem(error).kind !== "note-id-taken") {
      notices.problem(error);
      return;
    }
    // The answer to the first attempt was lost, and the text was changed since then.
    await draft.beginOther("note");
    notices.show(words.noteOtherVersion, { tone: "problem" });
    draft.notifySent(false);
  }
}

export async function sendDraftedReply(draft: ComposerDraft, { recipient, sequence, onreview }: Circumstances): Promise<void> {
  const words = texts.text.composer;
  const { template, conversation } = draft;
  const sent: ReplyToSend = {
    company: draft.company,
    conversation,
    id: draft.replyId,
    text: draft.replyText,
    template: template ? { id: template.template.id, parameters: template.parameters } : undefined,
    files: draft.files.done.map((file) => file.id),
    then: draft.then,
    sequence: Math.max(draft.readUpTo, sequence),
  };
  const answer = await sendReply(sent);
  draft.outcome = answer;
  switch (answer.kind) {
    case "published":
    case "delivered":
    case "held":
      draft.outcome = undefined;
      await draft.end("reply");
      if (answer.kind === "published" && answer.sendsAt) {
        waitingReplies.add({ conversation, id: sent.id, recipient, sendsAt: Date.parse(answer.sendsAt), template, then: sent.then });
      } else {
        notices.success(answer.kind === "held" ? words.resultHeld : answer.kind === "delivered" ? words.resultDelivered : words.resultPublished);
      }
      draft.notifySent(sent.then === "resolve" && answer.kind !== "held");
      break;
    case "revise":
    case "blocked":
      // The changed text is another reply.
      if (!template) onreview(answer.review);
      await draft.beginOther("reply");
      notices.announce(answer.kind === "revise" ? words.resultRevise : words.resultBlocked);
      draft.notifySent(false);
      break;
    case "taken-back":
      // The first attempt was, before its answer came: the words are a new reply.
      await draft.beginOther("reply");
      draft.outcome = undefined;
      notices.show(words.takenBack);
      draft.notifySent(false);
      break;
    case "other-version":
      await draft.beginOther("reply");
      draft.notifySent(false);
      break;
    case "moved":
      notices.announce(words.moved);
      draft.notifySent(false);
      break;
    case "unknown":
      break;
    case "refused":
      notices.announce(problemText(answer.problem, common.text));
      draft.notifySent(false);
      break;
  }
}
