import type { HistoryEntry } from "../../api/shapes.ts";

/** What a person reads of an entry of a journey. */
export interface JourneyStep {
  readonly entry: HistoryEntry;
  /** Channel, where the entry says it. */
  readonly channel: string | undefined;
  /** What the message was about, as policies found. */
  readonly intents: string;
}

/** Kinds that tell a journey: what the customer and the company said, and how it ended. */
function isTold(entry: HistoryEntry): boolean {
  if (["received", "echoed", "reply-published"].includes(entry.kind)) return true;
  return entry.kind === "state-changed" && entry.data.to === "resolved";
}

/** The steps of the entries of a journey, which are the newest first, as they are. */
export function journeySteps(entries: readonly HistoryEntry[]): JourneyStep[] {
  const channels = new Map<string, string>();
  const steps: JourneyStep[] = [];
  // The first message of a conversation names its channel.
  for (const entry of entries.toReversed()) {
    const { channel, classification } = entry.data as { channel?: string; classification?: { intents?: { name: string }[] } };
    if (channel && entry.conversation) channels.set(entry.conversation, channel);
    if (!isTold(entry)) continue;
    steps.push({
      entry,
      channel: channel ?? channels.get(entry.conversation ?? ""),
      intents: (classification?.intents ?? []).map(({ name }) => name).join(", "),
    });
  }
  return steps.reverse();
}
