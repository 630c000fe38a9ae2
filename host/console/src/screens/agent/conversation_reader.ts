// Reads of conversations that work with hosts before and after server-side lists.
import type { ConversationPage, ConversationQuery, Summary } from "../../api/agreed.ts";
import { api } from "../../api/client.ts";
import { live } from "../../live/live.svelte.ts";
import { chooseConversations } from "./conversation_order.ts";

/** Pages read from a host that cannot filter: more conversations need a newer host. */
const PAGES = 20;

/** A page of conversations; its rows are in the store, too. */
export async function readConversations(company: string, query: ConversationQuery, signal: AbortSignal): Promise<ConversationPage> {
  const asOf = live.position;
  const first = await api.get("/v1/companies/{company}/conversations", { path: { company }, query, signal });
  if (first.counts) {
    live.putConversations(first.conversations, asOf);
    return first;
  }
  const rows: Summary[] = [...first.conversations];
  let next = first.next;
  for (let page = 1; next && page < PAGES; page += 1) {
    const more: ConversationPage = await api.get("/v1/companies/{company}/conversations", {
      path: { company },
      query: { ...(query.agent ? { agent: query.agent } : {}), ...(query.queue ? { queue: query.queue } : {}), after: next },
      signal,
    });
    rows.push(...more.conversations);
    next = more.next;
  }
  live.putConversations(rows, asOf);
  return { conversations: chooseConversations(rows, query) };
}
