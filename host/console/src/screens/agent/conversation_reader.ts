// Reads of lists of conversations.
import type { ConversationPage, ConversationQuery } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { live } from "../../live/live.svelte.ts";

/** A page of conversations; its rows are in the store, too. */
export async function readConversations(company: string, query: ConversationQuery, signal: AbortSignal): Promise<ConversationPage> {
  const asOf = live.position;
  const page = await api.get("/v1/companies/{company}/conversations", { path: { company }, query, signal });
  live.putConversations(page.conversations, asOf);
  return page;
}
