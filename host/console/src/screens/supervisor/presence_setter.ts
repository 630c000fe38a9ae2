import type { Presence } from "../../api/shapes.ts";
import { api } from "../../api/client.ts";
import { session } from "../../shell/session.svelte.ts";

/** Sets the presence of an agent. Ends "not responding". */
export async function setPresence(agent: string, presence: Presence): Promise<void> {
  await api.put("/v1/companies/{company}/agents/{agent}/presence", { path: { company: session.company, agent }, body: { presence } });
}
