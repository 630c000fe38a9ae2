// Reads of the whole floor: every agent, and every open conversation up to a bound.
import type { Agent, ConversationCounts, ConversationQuery, SearchSummary, Summary } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { readConversations } from "../agent/conversation_reader.ts";

/** Pages of agents and of conversations read at most: 2,000 of each. */
const AGENT_PAGES = 4;
const ROW_PAGES = 20;

/** The agents of the roster, by id. */
export async function readAgents(company: string, signal: AbortSignal): Promise<Agent[]> {
  const agents: Agent[] = [];
  let after: string | undefined;
  for (let page = 0; page < AGENT_PAGES; page += 1) {
    const answer = await api.get("/v1/companies/{company}/agents", { path: { company }, query: after ? { after } : {}, signal });
    agents.push(...answer.agents);
    if (!answer.next) break;
    after = answer.next;
  }
  return agents;
}

/** Conversations, and whether there are more of them. */
export interface ConversationRows {
  readonly rows: readonly Summary[];
  readonly next: string | undefined;
  readonly counts: ConversationCounts | undefined;
  /** How the search went, if there was one. */
  readonly search?: SearchSummary | undefined;
}

/** What narrows the rows beside a query. */
interface RowChoice {
  /** A text to search for. */
  readonly text?: string | undefined;
  /** Rows to keep: as many pages are read as it takes to find them, up to a bound. */
  readonly keep?: ((row: Summary) => boolean) | undefined;
}

/** Conversations of a query. */
export async function readRows(company: string, query: ConversationQuery, signal: AbortSignal, { text, keep }: RowChoice = {}): Promise<ConversationRows> {
  const first = await readConversations(company, query, signal, text);
  const rows: Summary[] = [...first.conversations];
  let next = first.next ?? undefined;
  for (let page = 1; keep && next && page < ROW_PAGES; page += 1) {
    const more = await readConversations(company, { ...query, after: next }, signal, text);
    rows.push(...more.conversations);
    next = more.next ?? undefined;
  }
  return { rows: keep ? rows.filter(keep) : rows, next, counts: first.counts, search: first.search };
}

/** The open conversations, and the counts of each queue where not all of them were read. */
export interface OpenConversations extends ConversationRows {
  readonly byQueue: ReadonlyMap<string, ConversationCounts>;
}

/** Queues whose counts are read at most. */
const COUNTED_QUEUES = 40;

/** Every conversation that is not resolved, up to a bound. */
export async function readOpen(company: string, signal: AbortSignal): Promise<OpenConversations> {
  const open = await readRows(company, { sort: "deadline", limit: 100 }, signal, { keep: () => true });
  const byQueue = new Map<string, ConversationCounts>();
  if (open.next && open.counts) {
    const { queues } = await api.get("/v1/companies/{company}/queues", { path: { company }, signal });
    await Promise.all(
      queues.slice(0, COUNTED_QUEUES).map(async ({ id }) => {
        const { counts } = await readConversations(company, { queue: id, limit: 1 }, signal);
        if (counts) byQueue.set(id, counts);
      }),
    );
  }
  return { ...open, byQueue };
}
