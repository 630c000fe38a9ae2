// What a thread shows, in one order: messages, replies, notes and steps.
import type { HistoryEntry, Interaction, Message, Note, Reaction, SentFile } from "../../api/shapes.ts";

/** Severity and code of a finding, as the history has it. */
export interface FindingCode {
  readonly code: string;
  readonly severity: string;
}

export interface MessageItem {
  readonly type: "message";
  readonly key: string;
  readonly at: string;
  readonly ordinal: number | undefined;
  /** Absent if its author was erased, or it is not loaded. */
  readonly interaction: Interaction | undefined;
  readonly edited: boolean;
  readonly deleted: boolean;
  /** Copy of what the company sent elsewhere. */
  readonly isEcho: boolean;
}

export interface ReplyItem {
  readonly type: "reply";
  readonly key: string;
  readonly at: string;
  readonly reply: string;
  readonly by: string;
  readonly writtenBy: "human" | "policy";
  /** Absent where the entry with it is not loaded; null after an erasure. */
  readonly text: string | null | undefined;
  readonly files: readonly SentFile[];
  /** How far it came: `drafted`, `published`, `delivered`, `held`, `revise`, `blocked` and so on. */
  readonly status: string;
  readonly findings: readonly FindingCode[];
  readonly uncertain: boolean;
  /** Key of its delivery. */
  readonly deliveryKey: string | undefined;
  /** When it is sent, if it may be taken back until then. */
  readonly sendsAt: string | undefined;
}

export interface NoteItem {
  readonly type: "note";
  readonly key: string;
  readonly at: string;
  readonly note: Note;
}

/** Steps without words, one after the other. */
export interface StepsItem {
  readonly type: "steps";
  readonly key: string;
  readonly at: string;
  readonly entries: readonly HistoryEntry[];
}

export type ThreadItem = MessageItem | ReplyItem | NoteItem | StepsItem;

/** Kinds that say something about a message or a reply, and are no step of their own. */
const MESSAGE_KINDS = new Set(["received", "echoed", "edited", "deleted"]);
/** Kinds that a person reads nothing from. */
const SILENT_KINDS = new Set(["counters-updated", "clocks-changed", "triggered", "widened"]);

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

interface Draft {
  item: ReplyItem;
  index: number;
}

/** Two pages of a thread as one, oldest first; of what both have, the newer page's counts. */
export function joinPages<T extends { readonly sequence: number }>(older: readonly T[], newer: readonly T[]): T[] {
  const bySequence = new Map([...older, ...newer].map((item) => [item.sequence, item]));
  return [...bySequence.values()].toSorted((a, b) => a.sequence - b.sequence);
}

/** Messages by what entries say of them. One that was deleted or erased has no id any more. */
class KnownMessages {
  readonly #byId = new Map<string, Message>();
  readonly #bySequence = new Map<number, Message>();
  readonly #byOrdinal = new Map<number, Message>();

  constructor(messages: readonly Message[]) {
    for (const message of messages) {
      if (message.interaction) this.#byId.set(message.interaction.id, message);
      this.#bySequence.set(message.sequence, message);
      this.#byOrdinal.set(message.ordinal, message);
    }
  }

  /** The message that an entry is about. */
  of(id: string, { sequence, ordinal }: HistoryEntry): Message | undefined {
    return this.#byId.get(id) ?? this.#bySequence.get(sequence) ?? (ordinal == null ? undefined : this.#byOrdinal.get(ordinal));
  }
}

/** The items of a thread, oldest first. */
export function buildThread(entries: readonly HistoryEntry[], messages: readonly Message[], notes: readonly Note[]): ThreadItem[] {
  const known = new KnownMessages(messages);
  const items: ThreadItem[] = [];
  const shown = new Map<string, number>();
  const replies = new Map<string, Draft>();
  const used = new Set<Message>();
  for (const entry of entries) {
    if (MESSAGE_KINDS.has(entry.kind)) {
      addMessage(entry, known, items, shown, used);
    } else if (entry.kind.startsWith("reply-")) {
      addReply(entry, items, replies);
    } else if (entry.kind !== "noted" && !SILENT_KINDS.has(entry.kind)) {
      addStep(entry, items);
    }
  }
  // Messages before the first loaded entry, and those of erased people.
  const rest = messages.filter((message) => !used.has(message));
  const more: ThreadItem[] = rest.map((message) => messageItem(message, entryTime(message, entries)));
  more.push(...notes.map((note): NoteItem => ({ type: "note", key: `note-${note.id}`, at: note.at, note })));
  return more.length === 0 ? items : merge(items, more);
}

function messageItem(message: Message, at: string): MessageItem {
  const interaction = message.interaction ?? undefined;
  return {
    type: "message",
    key: `message-${message.ordinal}`,
    at,
    ordinal: message.ordinal,
    interaction,
    edited: interaction?.edited_at !== undefined,
    deleted: message.deleted === true,
    isEcho: interaction?.direction === "outbound",
  };
}

function entryTime(message: Message, entries: readonly HistoryEntry[]): string {
  return message.interaction?.received_at ?? entries[0]?.at ?? new Date(0).toISOString();
}

function addMessage(entry: HistoryEntry, known: KnownMessages, items: ThreadItem[], shown: Map<string, number>, used: Set<Message>): void {
  const id = textOf(entry.data.interaction) ?? "";
  const place = shown.get(id);
  const before = place === undefined ? undefined : items[place];
  if (place !== undefined && before?.type === "message") {
    items[place] = { ...before, edited: before.edited || entry.kind === "edited", deleted: before.deleted || entry.kind === "deleted" };
    return;
  }
  if (entry.data.superseded === true) return;
  const message = known.of(id, entry);
  // A change of a message that is not loaded.
  if (!message && (entry.kind === "edited" || entry.kind === "deleted")) return;
  if (message) used.add(message);
  shown.set(id, items.length);
  items.push({
    type: "message",
    key: message ? `message-${message.ordinal}` : `entry-${entry.sequence}`,
    at: entry.at,
    ordinal: message?.ordinal,
    interaction: message?.interaction ?? undefined,
    edited: entry.kind === "edited",
    deleted: message?.deleted === true || entry.kind === "deleted",
    isEcho: entry.kind === "echoed",
  });
}

function addReply(entry: HistoryEntry, items: ThreadItem[], replies: Map<string, Draft>): void {
  const id = textOf(entry.data.reply) ?? "";
  const status = entry.kind.slice("reply-".length);
  const known = replies.get(id);
  const by = entry.data.by as { id?: string } | string | undefined;
  const author = typeof by === "string" ? by : by?.id;
  const tone = entry.data.tone as { findings?: FindingCode[] } | undefined;
  // A draft that comes back and is written anew under the same id is a new item.
  if (!known || status === "drafted") {
    const item: ReplyItem = {
      type: "reply",
      key: `reply-${entry.sequence}`,
      at: entry.at,
      reply: id,
      by: author ?? "",
      writtenBy: entry.data.written_by === "policy" ? "policy" : "human",
      text: entry.text ?? (status === "drafted" ? null : undefined),
      files: entry.files ?? [],
      status,
      findings: tone?.findings ?? [],
      uncertain: entry.data.uncertain === true || entry.data.kind === "uncertain",
      deliveryKey: textOf(entry.data.key),
      sendsAt: textOf(entry.data.sends_at),
    };
    replies.set(id, { item, index: items.length });
    items.push(item);
    return;
  }
  const item: ReplyItem = {
    ...known.item,
    status,
    text: entry.text ?? known.item.text,
    files: entry.files ?? known.item.files,
    findings: tone?.findings ?? known.item.findings,
    uncertain: known.item.uncertain || entry.data.kind === "uncertain",
    deliveryKey: textOf(entry.data.key) ?? known.item.deliveryKey,
    sendsAt: textOf(entry.data.sends_at) ?? known.item.sendsAt,
  };
  replies.set(id, { item, index: known.index });
  items[known.index] = item;
}

function addStep(entry: HistoryEntry, items: ThreadItem[]): void {
  const last = items.at(-1);
  if (last?.type === "steps") {
    items[items.length - 1] = { ...last, entries: [...last.entries, entry] };
  } else {
    items.push({ type: "steps", key: `steps-${entry.sequence}`, at: entry.at, entries: [entry] });
  }
}

/** Puts further items into the order of time; what is in `items` keeps its order. */
function merge(items: readonly ThreadItem[], more: readonly ThreadItem[]): ThreadItem[] {
  const sorted = more.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const merged: ThreadItem[] = [];
  let next = 0;
  for (const item of items) {
    for (let other = sorted[next]; other && Date.parse(other.at) < Date.parse(item.at); other = sorted[++next]) merged.push(other);
    merged.push(item);
  }
  return [...merged, ...sorted.slice(next)];
}

/** Whether the newest message of the customer has no reply that was published after it. */
export function isUnanswered(items: readonly ThreadItem[]): boolean {
  for (const item of items.toReversed()) {
    if (item.type === "reply" && ["published", "delivered"].includes(item.status)) return false;
    if (item.type === "message" && item.isEcho) return false;
    if (item.type === "message" && !item.deleted) return true;
  }
  return false;
}

/** A sign for a reaction whose emoji the channel does not name. */
const UNNAMED = "♥";

/** The reactions that stand, by the id of their message or the key of their reply. */
export function standingReactions(reactions: readonly Reaction[]): Map<string, readonly string[]> {
  const standing = new Map<string, readonly string[]>();
  for (const { message, reply_key, emoji, action } of reactions) {
    const target = reply_key ?? message;
    const sign = emoji ?? UNNAMED;
    const others = (standing.get(target) ?? []).filter((it) => it !== sign);
    // A removal without an emoji removes all.
    if (action !== "remove") standing.set(target, [...others, sign]);
    else standing.set(target, emoji ? others : []);
  }
  return standing;
}
