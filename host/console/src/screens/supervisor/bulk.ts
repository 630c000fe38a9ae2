// Acts on several conversations: each has a result of its own.
import { api } from "../../api/client.ts";
import { ApiProblem, type ProblemDocument } from "../../api/problem.ts";
import { common } from "../../i18n/common.ts";
import { problemText } from "../../i18n/problem_text.ts";
import { session } from "../../shell/session.svelte.ts";
import { texts } from "./texts.ts";

export type BulkAction = "assign" | "transfer" | "return" | "requeue";

/** A conversation to act on. */
export interface BulkItem {
  readonly id: string;
  /** What a person calls it. */
  readonly title: string;
  readonly detail?: string;
  /** The newest entry that the person saw. */
  readonly sequence?: number | undefined;
}

/** What became of one conversation. */
export interface ItemResult {
  readonly id: string;
  readonly ok: boolean;
  readonly text: string;
  /** Its newest entry, where it changed meanwhile: who repeats the act has read it. */
  readonly sequence?: number | undefined;
}

/** Where conversations go. */
export interface BulkTarget {
  readonly queue?: string;
  readonly agent?: string;
}

/** Conversations per request, as the API bounds it. */
const MOST = 100;
/** Each is on disk before the answer. */
const TIMEOUT_MS = 60_000;

/** Acts on each conversation, and tells each result as its request is answered. */
export async function runBulk(action: BulkAction, items: readonly BulkItem[], target: BulkTarget, onresult: (result: ItemResult) => void): Promise<void> {
  if (action === "requeue") {
    for (const result of await requeue(items, false)) onresult(result);
    return;
  }
  for (let from = 0; from < items.length; from += MOST) {
    for (const result of await act(action, items.slice(from, from + MOST), target)) onresult(result);
  }
}

/** What a requeue would do, or does, with each conversation. */
export async function requeue(items: readonly BulkItem[], dryRun: boolean): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for (let from = 0; from < items.length; from += MOST) {
    const part = items.slice(from, from + MOST).map(({ id }) => id);
    try {
      const answer = await api.post("/v1/companies/{company}/conversations/requeue", {
        path: { company: session.company },
        body: { conversations: part, dry_run: dryRun, ...session.by() },
      });
      for (const { id, problem, queue } of answer.conversations) {
        if (problem) results.push({ id, ok: false, text: [problem.title, problem.detail].filter(Boolean).join(": ") });
        else results.push({ id, ok: true, text: dryRun ? texts.text.bulk.wouldGoTo(queue ?? "") : texts.text.bulk.wentTo(queue ?? "") });
      }
    } catch (error) {
      const text = problemText(error, common.text);
      results.push(...part.map((id) => ({ id, ok: false, text })));
    }
  }
  return results;
}

async function act(action: Exclude<BulkAction, "requeue">, items: readonly BulkItem[], target: BulkTarget): Promise<ItemResult[]> {
  const conversations = items.map(({ id, sequence }) => (sequence === undefined ? { id } : { id, expected: sequence }));
  try {
    const answer = await api.post("/v1/companies/{company}/conversations/actions", {
      path: { company: session.company },
      body: { action, ...target, conversations, dry_run: false, ...session.actor() },
      timeout: TIMEOUT_MS,
    });
    return answer.conversations.map(({ id, state, owner, exceeds_capacity, problem }) => {
      if (problem) return refused(id, new ApiProblem(problem as ProblemDocument));
      const words = [common.text.state[state ?? ""] ?? state, owner, exceeds_capacity ? texts.text.bulk.exceeds : ""];
      return { id, ok: true, text: words.filter(Boolean).join(" · ") };
    });
  } catch (error) {
    // Some may be done: the same again does the others.
    const text = problemText(error, common.text);
    return items.map(({ id }) => ({ id, ok: false, text }));
  }
}

function refused(id: string, problem: ApiProblem): ItemResult {
  if (problem.kind !== "conversation-moved") return { id, ok: false, text: problemText(problem, common.text) };
  const newest = Number(problem.document.sequence);
  return { id, ok: false, text: texts.text.bulk.moved, sequence: Number.isFinite(newest) ? newest : undefined };
}
