// What takes an act on a conversation back, where the host has such an act.

export type Action = "assign" | "transfer" | "return" | "hold" | "resume" | "wait" | "wrap-up" | "resolve";

/** An act and where the conversation goes. */
export interface ConversationAct {
  readonly action: Action;
  readonly agent?: string;
  readonly queue?: string;
}

/** A conversation before the act. */
export interface Before {
  readonly state: string;
  readonly owner?: string | null | undefined;
  readonly queue?: string | null | undefined;
}

/** Who acts: an agent takes conversations themselves only, others assign them. */
export interface Undoer {
  readonly agent: string | undefined;
}

/** Acts that lead into a state. */
const INTO: Record<string, Action> = { active: "resume", "on-hold": "hold", "waiting-on-customer": "wait", wrapping: "wrap-up" };

/** The act that takes another back; undefined where none does. */
export function undoOf(action: Action, before: Before, { agent }: Undoer): ConversationAct | undefined {
  switch (action) {
    case "hold":
    case "resume":
    case "wait":
    case "wrap-up": {
      const back = INTO[before.state];
      return back && { action: back };
    }
    case "assign":
    case "transfer":
    case "return":
      if (before.owner) return agent === undefined || agent === before.owner ? { action: "assign", agent: before.owner } : undefined;
      if (action === "assign") return { action: "return" };
      return before.queue && agent === undefined ? { action: "transfer", queue: before.queue } : undefined;
    case "resolve":
      return undefined;
  }
}
