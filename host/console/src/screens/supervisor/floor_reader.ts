// Reads of the whole floor: every agent, and every open conversation up to a bound.
import type { Agent, ConversationCounts, ConversationQuery, CountsByGroup, SearchSummary, Summary } from "../../api/shapes.ts";
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

/** Every conversation that is not resolved, up to a bound. */
export function readOpen(company: string, signal: AbortSignal): Promise<ConversationRows> {
  return readRows(company, { sort: "deadline", limit: 100 }, signal, { keep: () => true });
}

/** What the floor shows of the open conversations: numbers of all of them, and rows of those to look at first. */
export interface FloorConversations {
  readonly counts: CountsByGroup;
  readonly rows: readonly Summary[];
}

/** Rows of each kind, to choose those to look at first from. */
const FIRST_ROWS = 50;

/** Three requests, however many conversations and groups there are. */
export async function readFloor(company: string, signal: AbortSignal): Promise<FloorConversations> {
  const [counts, troubled, waiting] = await Promise.all([
    api.get("/v1/companies/{company}/conversations/counts", { path: { company }, signal }),
    readConversations(company, { clock: "at-risk,missed", sort: "deadline", limit: FIRST_ROWS }, signal),
    readConversations(company, { state: "queued,reserved", sort: "deadline", limit: FIRST_ROWS }, signal),
  ]);
  const rows = new Map([...troubled.conversations, ...waiting.conversations].map((row) => [row.id, row]));
  return { counts, rows: [...rows.values()] };
}
