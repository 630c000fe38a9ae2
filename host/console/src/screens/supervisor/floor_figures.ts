// Numbers of the floor, as the host counts them.
import type { Agent, CountsByGroup, QueueRow } from "../../api/shapes.ts";

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
  readonly missed: number;
  /** At risk or missed. */
  readonly warned: number;
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
export function queueFigures(queues: readonly QueueRow[], agents: readonly Agent[], counts: CountsByGroup | undefined): QueueFigures[] {
  return queues.map((queue) => {
    const team = agents.filter((agent) => serves(agent, queue.id));
    const { open = 0, at_risk: atRisk = 0, missed = 0 } = counts?.queues[queue.id] ?? {};
    return {
      id: queue.id,
      waiting: queue.waiting,
      oldest: queue.oldest ?? undefined,
      open,
      atRisk,
      missed,
      agents: team.length,
      available: team.filter(isReachable).length,
    };
  });
}

/** The agents with what they hold. */
export function agentFigures(agents: readonly Agent[], counts: CountsByGroup | undefined): AgentFigures[] {
  return agents.map((agent) => {
    const { open: holds = 0, missed = 0, warned = 0 } = counts?.owners[agent.id] ?? {};
    return { agent, holds, missed, warned };
  });
}
