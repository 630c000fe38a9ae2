// Acts on several conversations: each has a result of its own.
import { api } from "../../api/client.ts";
import { toProblem } from "../../api/problem.ts";
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

/** Conversations per request to requeue, as the API bounds it. */
const REQUEUE = 100;
/** Acts in flight at once. */
const WORKERS = 3;

/** Acts on each conversation, and tells each result as it comes. */
export async function runBulk(action: BulkAction, items: readonly BulkItem[], target: BulkTarget, onresult: (result: ItemResult) => void): Promise<void> {
  if (action === "requeue") {
    for (const result of await requeue(items, false)) onresult(result);
    return;
  }
  const waiting = [...items];
  const work = async (): Promise<void> => {
    for (let item = waiting.shift(); item; item = waiting.shift()) onresult(await act(action, item, target));
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

/** What a requeue would do, or does, with each conversation. */
export async function requeue(items: readonly BulkItem[], dryRun: boolean): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for (let from = 0; from < items.length; from += REQUEUE) {
    const part = items.slice(from, from + REQUEUE).map(({ id }) => id);
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

async function act(action: Exclude<BulkAction, "requeue">, { id, sequence }: BulkItem, target: BulkTarget): Promise<ItemResult> {
  try {
    const done = await api.post("/v1/companies/{company}/conversations/{conversation}/actions", {
      path: { company: session.company, conversation: id },
      body: { action, ...target, ...session.actor(), ...(sequence === undefined ? {} : { expected: sequence }) },
    });
    const state = common.text.state[done.state] ?? done.state;
    const words = [state, done.owner ?? "", done.exceeds_capacity ? texts.text.bulk.exceeds : ""];
    return { id, ok: true, text: words.filter(Boolean).join(" · ") };
  } catch (error) {
    const problem = toProblem(error);
    const newest = problem.kind === "conversation-moved" ? Number(problem.document.sequence) : Number.NaN;
    return { id, ok: false, text: moved(problem.kind) ?? problemText(error, common.text), sequence: Number.isFinite(newest) ? newest : undefined };
  }
}

function moved(kind: string): string | undefined {
  return kind === "conversation-moved" ? texts.text.bulk.moved : undefined;
}
