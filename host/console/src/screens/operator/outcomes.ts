// How policies end, in the order in which they are shown.

export const STAGES = ["classify", "route", "tone", "escalate"] as const;

export const OUTCOMES = [
  "ok",
  "declined",
  "failed",
  "timeout",
  "out-of-fuel",
  "out-of-memory",
  "stack-overflow",
  "trapped",
  "bad-output",
  "denied",
  "overloaded",
  "quarantined",
  "bypassed",
  "incompatible",
] as const;

/** Outcomes in which a policy did its work, or was not asked on purpose. */
const GOOD: readonly string[] = ["ok"];
const NEUTRAL: readonly string[] = ["declined", "bypassed"];

export function toneOf(outcome: string): "good" | "" | "bad" {
  if (GOOD.includes(outcome)) return "good";
  return NEUTRAL.includes(outcome) ? "" : "bad";
}
