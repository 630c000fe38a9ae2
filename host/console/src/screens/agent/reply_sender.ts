// Sends a reply, and says what became of it.
import type { HistoryEntry, Review } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { type ApiProblem, toProblem } from "../../api/problem.ts";
import { session } from "../../shell/session.svelte.ts";

export interface ReplyToSend {
  readonly company: string;
  readonly conversation: string;
  readonly id: string;
  readonly text: string;
  readonly template?: { readonly id: string; readonly parameters: readonly string[] } | undefined;
  /** Ids of uploaded files. */
  readonly files: readonly string[];
  readonly then: "wait" | "stay" | "wrap-up" | "resolve";
  /** Number of the newest entry that the author saw. */
  readonly sequence: number;
}

/** What became of a reply. All but `moved`, `other-version`, `unknown` and `refused` are answers of the host to this reply. */
export type ReplyOutcome =
  /** `sendsAt`: when it is sent, if it may be taken back until then. */
  | { readonly kind: "published"; readonly sendsAt: string | undefined }
  | { readonly kind: "held" | "delivered" | "taken-back" }
  | { readonly kind: "revise" | "blocked"; readonly review: Review | undefined }
  /** The conversation has newer entries that matter. */
  | { readonly kind: "moved"; readonly sequence: number; readonly newer: readonly HistoryEntry[] }
  /** The host has another version of it, sent before its text was changed. */
  | { readonly kind: "other-version" }
  /** No answer came: it may have been taken. The same id again is safe. */
  | { readonly kind: "unknown"; readonly problem: ApiProblem }
  | { readonly kind: "refused"; readonly problem: ApiProblem };

export async function sendReply(reply: ReplyToSend): Promise<ReplyOutcome> {
  const path = { company: reply.company, conversation: reply.conversation };
  try {
    const words = reply.template ? { template: { id: reply.template.id, parameters: [...reply.template.parameters] } } : { text: reply.text };
    const done = await api.post("/v1/companies/{company}/conversations/{conversation}/replies", {
      path,
      body: { id: reply.id, ...words, then: reply.then, attachments: reply.files.map((file) => ({ file })), written_by: "human", expected: reply.sequence, ...session.actor() },
      timeout: 20_000,
    });
    const sent = done.reply;
    switch (sent?.status) {
      case "revise":
      case "blocked":
        return { kind: sent.status, review: sent.review ?? undefined };
      case "held":
        return { kind: "held" };
      case "delivered":
      case "taken-back":
        return { kind: sent.status };
      default:
        return { kind: "published", sendsAt: sent?.sends_at ?? undefined };
    }
  } catch (error) {
    const problem = toProblem(error);
    if (problem.kind === "conversation-moved") {
      const { sequence, newer } = problem.document as { sequence?: number; newer?: HistoryEntry[] };
      return { kind: "moved", sequence: sequence ?? reply.sequence, newer: newer ?? [] };
    }
    if (problem.kind === "reply-id-taken") return { kind: "other-version" };
    return problem.isTemporary || problem.status === 401 ? { kind: "unknown", problem } : { kind: "refused", problem };
  }
}
