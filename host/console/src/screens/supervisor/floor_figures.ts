// Numbers of the floor, counted from the rows behind them.
import type { Agent, QueueRow, Summary } from "../../api/shapes.ts";
import { slaState } from "./sla_state.ts";

/** A queue, as a supervisor sees it. */
export interface QueueFigures {
  readonly id: string;
  readonly waiting: number;
  readonly oldest: string | undefined;
  /** Not resolved, waiting or not. */
  readonly open: number;
  readonly atRisk: number;
  readonly missed: number;
  /** Agents who serve it, and those of them who get offers now. */
  readonly agents: number;
  readonly available: number;
}

/** What an agent holds. */
export interface AgentFigures {
  readonly agent: Agent;
  readonly holds: number;
  readonly atRisk: number;
  readonly missed: number;
}

/** Whether an agent serves a queue: one without queues serves all whose skills they meet. */
export function serves(agent: Agent, queue: string): boolean {
  return !agent.queues?.length || agent.queues.includes(queue);
}

/** Whether an agent gets offers now. */
export function isReachable(agent: Agent): boolean {
  return agent.presence === "available" && !agent.not_responding;
}

/** The queues with what is in them. */
export function queueFigures(queues: readonly QueueRow[], agents: readonly Agent[], rows: readonly Summary[], now: number): QueueFigures[] {
  const tally = tallyBy(rows, (row) => row.queue, now);
  return queues.map((queue) => {
    const team = agents.filter((agent) => serves(agent, queue.id));
    const { count = 0, atRisk = 0, missed = 0 } = tally.get(queue.id) ?? {};
    return {
      id: queue.id,
      waiting: queue.waiting,
      oldest: queue.oldest ?? undefined,
      open: count,
      atRisk,
      missed,
      agents: team.length,
      available: team.filter(isReachable).length,
    };
  });
}

/** The agents with what they hold. */
export function agentFigures(agents: readonly Agent[], rows: readonly Summary[], now: number): AgentFigures[] {
  const tally = tallyBy(rows, (row) => row.owner, now);
  return agents.map((agent) => {
    const { count = 0, atRisk = 0, missed = 0 } = tally.get(agent.id) ?? {};
    return { agent, holds: count, atRisk, missed };
  });
}

interface Tally {
  count: number;
  atRisk: number;
  missed: number;
}

function tallyBy(rows: readonly Summary[], group: (row: Summary) => string | null | undefined, now: number): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const row of rows) {
    const name = group(row);
    if (!name || row.state === "resolved") continue;
    const tally = tallies.get(name) ?? { count: 0, atRisk: 0, missed: 0 };
    const state = slaState(row, now);
    tally.count += 1;
    if (state === "risk") tally.atRisk += 1;
    if (state === "missed") tally.missed += 1;
    tallies.set(name, tally);
  }
  return tallies;
}
