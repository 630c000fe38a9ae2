// Reads of lists of conversations.
import type { ConversationPage, ConversationQuery, SearchSummary } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { live } from "../../live/live.svelte.ts";
import { session } from "../../shell/session.svelte.ts";

/** A page, and how its search went. */
export type FoundPage = ConversationPage & { readonly search?: SearchSummary };

/**
 * A page of conversations; its rows are in the store, too. With a text, of those that a search
 * finds: the text goes in the body, as addresses are logged on the way.
 */
export async function readConversations(company: string, query: ConversationQuery, signal: AbortSignal, text?: string): Promise<FoundPage> {
  const asOf = live.position;
  const path = { company };
  query = { ...query, ...(session.can("mark_seen") ? session.by() : {}) };
  const page: FoundPage = text
    ? await api.post("/v1/companies/{company}/conversations/search", { path, query, body: { text }, signal })
    : await api.get("/v1/companies/{company}/conversations", { path, query, signal });
  live.putConversations(page.conversations, asOf);
  return page;
}
