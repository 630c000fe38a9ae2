// Acts on several conversations: each has a result of its own.
import { api } from "../../api/client.ts";
import { ApiProblem, type ProblemDocument } from "../../api/problem.ts";
import { common } from "../../i18n/common.ts";
import { problemText } from "../../i18n/problem_text.ts";
import { session } from "../../shell/session.svelte.ts";
import { texts } from "./texts.ts";

export type BulkAction = "assign" | "transfer" | "return" | "resolve" | "requeue";

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
  for (const part of parts(items)) {
    for (const result of await send(action, part, target, false)) onresult(result);
  }
}

/** What the host would do with each conversation; nothing changes. Undefined where it was given up. */
export async function tryBulk(action: BulkAction, items: readonly BulkItem[], target: BulkTarget, signal: AbortSignal): Promise<ItemResult[] | undefined> {
  const results: ItemResult[] = [];
  for (const part of parts(items)) {
    results.push(...(await send(action, part, target, true)));
    if (signal.aborted) return undefined;
  }
  return results;
}

function parts(items: readonly BulkItem[]): BulkItem[][] {
  return Array.from({ length: Math.ceil(items.length / MOST) }, (_, index) => items.slice(index * MOST, (index + 1) * MOST));
}

function send(action: BulkAction, items: readonly BulkItem[], target: BulkTarget, dryRun: boolean): Promise<ItemResult[]> {
  return action === "requeue" ? requeue(items, dryRun) : act(action, items, target, dryRun);
}

async function requeue(items: readonly BulkItem[], dryRun: boolean): Promise<ItemResult[]> {
  const conversations = items.map(({ id }) => id);
  try {
    const answer = await api.post("/v1/companies/{company}/conversations/requeue", {
      path: { company: session.company },
      body: { conversations, dry_run: dryRun, ...session.by() },
      timeout: TIMEOUT_MS,
    });
    return answer.conversations.map(({ id, problem, queue }) => {
      if (problem) return { id, ok: false, text: [problem.title, problem.detail].filter(Boolean).join(": ") };
      return { id, ok: true, text: dryRun ? texts.text.bulk.wouldGoTo(queue ?? "") : texts.text.bulk.wentTo(queue ?? "") };
    });
  } catch (error) {
    const text = problemText(error, common.text);
    return conversations.map((id) => ({ id, ok: false, text }));
  }
}

async function act(action: Exclude<BulkAction, "requeue">, items: readonly BulkItem[], target: BulkTarget, dryRun: boolean): Promise<ItemResult[]> {
  const conversations = items.map(({ id, sequence }) => (sequence === undefined ? { id } : { id, expected: sequence }));
  try {
    const answer = await api.post("/v1/companies/{company}/conversations/actions", {
      path: { company: session.company },
      body: { action, ...target, conversations, dry_run: dryRun, ...session.actor() },
      timeout: TIMEOUT_MS,
    });
    return answer.conversations.map(({ id, state, owner, exceeds_capacity, problem }) => {
      if (problem) return refused(id, new ApiProblem(problem as ProblemDocument));
      if (dryRun) return { id, ok: true, text: [texts.text.bulk.would[action], exceeds_capacity ? texts.text.bulk.exceeds : ""].filter(Boolean).join(" · ") };
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
