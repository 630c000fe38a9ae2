import type { Agent } from "../../api/shapes.ts";
import { live } from "../../live/live.svelte.ts";
import { customerName } from "../agent/customer_name.ts";
import type { BulkItem } from "./bulk.ts";

/** What an agent holds, as items to act on. `agent` is the answer for a single agent. */
export function heldItems(agent: Agent): BulkItem[] {
  return (agent.conversations ?? []).map(({ conversation }) => {
    const row = live.conversation(conversation);
    return { id: conversation, title: row ? customerName(row) : conversation.slice(0, 8), sequence: row?.sequence };
  });
}
