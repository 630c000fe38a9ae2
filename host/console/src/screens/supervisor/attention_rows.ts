// Which conversations a supervisor looks at first, and who could take them.
import type { Agent, Summary } from "../../api/shapes.ts";
import { isReachable, serves } from "./floor_figures.ts";
import { slaState } from "./sla_state.ts";

const RANKS: Record<string, number> = { missed: 0, risk: 1 };
/** After those whose targets are in trouble. */
const WAITING = 2;

/** The conversations that are missed, at risk, or wait for an agent, the most urgent first. */
export function attentionRows(rows: readonly Summary[], now: number, limit: number): Summary[] {
  const time = (text: string | null | undefined): number => (text ? Date.parse(text) : Number.MAX_SAFE_INTEGER);
  const ranked = rows.flatMap((row) => {
    const rank = RANKS[slaState(row, now)] ?? (row.owner ? undefined : WAITING);
    const isOver = row.state === "resolved" || row.state === "waiting-on-customer";
    return rank === undefined || isOver ? [] : [{ row, rank }];
  });
  ranked.sort((a, b) => a.rank - b.rank || time(a.row.due_at) - time(b.row.due_at) || time(a.row.created_at) - time(b.row.created_at));
  return ranked.slice(0, limit).map(({ row }) => row);
}

/** Agents who get offers now and serve the queue, those with the most free capacity first. */
export function likelyAgents(agents: readonly Agent[], row: Pick<Summary, "queue" | "owner">, limit: number): Agent[] {
  const free = ({ capacity, load }: Agent): number => (capacity ?? 100) - load;
  const able = agents.filter((agent) => isReachable(agent) && agent.id !== row.owner && (!row.queue || serves(agent, row.queue)));
  return able.toSorted((a, b) => free(b) - free(a) || a.id.localeCompare(b.id)).slice(0, limit);
}
