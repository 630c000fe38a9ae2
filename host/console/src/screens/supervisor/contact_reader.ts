// Reads of contacts.
import type { ContactCard, Summary } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { toProblem } from "../../api/problem.ts";
import { live } from "../../live/live.svelte.ts";
import { readConversations } from "../agent/conversation_reader.ts";
import { readOpen } from "./floor_reader.ts";

const ID = /^[0-9a-f]{32}$/;

export const isId = (text: string): boolean => ID.test(text);

/** The card of a contact; its open conversations are in the store, too. */
export async function readContact(company: string, contact: string, signal: AbortSignal): Promise<ContactCard> {
  const asOf = live.position;
  const card = await api.get("/v1/companies/{company}/contacts/{contact}/card", { path: { company, contact }, signal });
  live.putConversations(card.open, asOf);
  return card;
}

/** Pages of the outbox that are looked through. */
const OUTBOX_PAGES = 4;

/** How many deliveries about some conversations wait in the outbox. */
export async function countWaiting(company: string, conversations: ReadonlySet<string>, signal: AbortSignal): Promise<number> {
  let count = 0;
  let after: string | undefined;
  for (let page = 0; page < OUTBOX_PAGES; page += 1) {
    const { items, next } = await api.get("/v1/companies/{company}/outbox", { path: { company }, query: { state: "waiting", ...(after ? { after } : {}) }, signal });
    count += items.filter(({ conversation }) => conversation && conversations.has(conversation)).length;
    if (!next) break;
    after = next;
  }
  return count;
}

/** A contact that a search found. */
export interface FoundContact {
  readonly contact: string;
  readonly name: string | undefined;
  readonly row: Summary | undefined;
}

/** Contacts of a text: an id of a contact or a conversation, or part of a name. Without a text those who wrote last. */
export async function findContacts(company: string, text: string, signal: AbortSignal): Promise<FoundContact[]> {
  const wanted = text.trim().toLowerCase();
  if (isId(wanted)) return findById(company, wanted, signal);
  if (wanted === "") {
    const { conversations } = await readConversations(company, { sort: "activity", limit: 50 }, signal);
    return unique(conversations).slice(0, 20);
  }
  const { rows } = await readOpen(company, signal);
  return unique(rows.filter((row) => row.name?.toLowerCase().includes(wanted) || row.contact?.startsWith(wanted) || row.id.startsWith(wanted)));
}

async function findById(company: string, id: string, signal: AbortSignal): Promise<FoundContact[]> {
  try {
    const card = await readContact(company, id, signal);
    return [{ contact: card.contact, name: card.name ?? undefined, row: card.open[0] }];
  } catch (error) {
    const { status } = toProblem(error);
    if (status !== 404 && status !== 422 && status !== 400) throw error;
  }
  try {
    const row = await api.get("/v1/companies/{company}/conversations/{conversation}", { path: { company, conversation: id }, signal });
    return row.contact ? [{ contact: row.contact, name: row.name ?? undefined, row }] : [];
  } catch (error) {
    if (toProblem(error).status === 404) return [];
    throw error;
  }
}

function unique(rows: readonly Summary[]): FoundContact[] {
  const found = new Map<string, FoundContact>();
  for (const row of rows) {
    if (row.contact && !found.has(row.contact)) found.set(row.contact, { contact: row.contact, name: row.name ?? undefined, row });
  }
  return [...found.values()];
}
