import type {
  AgentSummary,
  Agent,
  AgentsPage,
  Article,
  Classification,
  Conversation,
  Draft,
  Escalation,
  Interaction,
  InteractionsPage,
  Match,
  Query,
  Queue,
  Review,
  RoutePlan,
  SummaryPage,
  Timestamp,
  Trigger,
} from "./contract.js";

export type {
  Action,
  Agent,
  AgentSummary,
  Article,
  Assessment,
  Attachment,
  Classification,
  Contact,
  Conversation,
  Draft,
  Escalation,
  Finding,
  Intent,
  Interaction,
  Match,
  PersonalData,
  Preference,
  Query,
  Queue,
  Review,
  RoutePlan,
  Severity,
  Skill,
  SlaTarget,
  Step,
  Target,
  Timestamp,
  Trigger,
  Verdict,
} from "./contract.js";

/** No opinion: the company's next policy is called, or its rule applies. */
export type NoOpinion = null | undefined | void;

/**
 * What a policy decides. Each function is synchronous. An error that it throws ends the decision
 * with the outcome `failed`, and the record has its message and its line in the sources.
 */
export interface Decisions<Settings, Prepared> {
  /**
   * Reads the settings and builds what decisions need, which they get as `context.prepared`. Called
   * once; the host keeps a snapshot of the memory, and every decision starts from it. May use
   * `clock.now`, `log` and `random` alone: business hours are denied, because companies share the
   * snapshot. Throw `Problems` for settings that are not valid.
   */
  prepare?(settings: Settings, context: PreparationContext): Prepared;
  /** Classifies an inbound interaction. */
  classify?(interaction: Interaction, context: Context<Settings, Prepared>): Classification | NoOpinion;
  /** Decides where a conversation goes. */
  route?(conversation: Conversation, context: Context<Settings, Prepared>): RoutePlan | NoOpinion;
  /** Reviews a draft. */
  check?(draft: Draft, context: Context<Settings, Prepared>): Review | NoOpinion;
  /** Decides whether to escalate on a trigger. */
  escalate?(trigger: Trigger, context: Context<Settings, Prepared>): Escalation | NoOpinion;
}

/** A policy, for `export default`. */
export interface Policy<Settings = unknown, Prepared = unknown> {
  readonly decisions: Decisions<Settings, Prepared>;
}

/**
 * Declares a policy: the default export of its module. Only the decisions that it has become exports
 * of the component.
 *
 * ```ts
 * export default policy({
 *   prepare(settings: Settings) {
 *     return new Map(Object.entries(settings.words));
 *   },
 *   classify(interaction, { prepared }) {
 *     const word = [...prepared.keys()].find((word) => interaction.text.includes(word));
 *     return word && { intents: [{ name: prepared.get(word)!, confidence: 0.8 }], why: `It contains ${word}.` };
 *   },
 * });
 * ```
 *
 * A policy without `prepare` names the type of its settings: `policy<Settings>({ … })`.
 */
export function policy<Settings = unknown, Prepared = undefined>(
  decisions: Decisions<Settings, Prepared>,
): Policy<Settings, Prepared>;

/** Problems with the settings, for `prepare` to throw: each rejects the activation. */
export class Problems extends Error {
  constructor(...problems: Problem[]);
  readonly problems: Problem[];
  /** Adds a problem; `path` is a JSON Pointer into the settings, empty for the settings as a whole. */
  add(path: string, message: string): this;
  /** Throws this if it holds a problem. */
  throwIfAny(): void;
}

/** One problem with the settings. */
export interface Problem {
  /** Where, as a JSON Pointer (RFC 6901) into the settings. */
  path: string;
  /** What is wrong and what would be right. */
  message: string;
}

/** What `prepare` can use. */
export interface PreparationContext {
  /** In `prepare`, `now` is 0, and the functions of business hours are denied. */
  readonly clock: Clock;
  readonly log: Log;
  /** A number from 0 to 1, without 1. */
  random(): number;
}

/** What a decision can use besides its input. */
export interface Context<Settings = unknown, Prepared = unknown> extends PreparationContext {
  /** The company's settings, with the defaults of the schema. */
  readonly settings: Settings;
  /** What `prepare` returned. */
  readonly prepared: Prepared;
  /** Agents and queues. Needs the grant `agents`. */
  readonly agents: Agents;
  /** What the company's CRM says about the customer. Needs the grant `contacts`. */
  readonly contacts: Contacts;
  /** Tables and bytes that the pack declares under `[data.NAME]`. Needs no grant. */
  readonly data: Data;
  /** Earlier interactions. Needs the grant `interactions`. */
  readonly history: History;
  /** Approved answers. Needs the grant `knowledge`. */
  readonly knowledge: Knowledge;
  /** State between decisions. Needs the grant `state` for each scope. */
  readonly state: State;
}

/**
 * Time of the decision, and business hours of the company file. In `prepare` the host denies every
 * function of business hours, which rejects the activation: companies share the snapshot that is taken
 * then, and each has hours of its own. Ask for them in a decision.
 */
export interface Clock {
  /** Time of the decision, in milliseconds; `Date.now()` is the same. In `prepare` both are 0. */
  now(): Timestamp;
  /** Whether business hours are open; absent where the company has none of that name. Denied in `prepare`. */
  isOpen(hours: string, at?: Timestamp | Date): boolean | undefined;
  /** When they open next; absent where they are open, or do not open within 366 days. Denied in `prepare`. */
  opensAt(hours: string, at?: Timestamp | Date): Timestamp | undefined;
  /** When they close next; absent where they are closed, or do not close within 366 days. Denied in `prepare`. */
  closesAt(hours: string, at?: Timestamp | Date): Timestamp | undefined;
  /** A time plus seconds of working time; absent where that is not within 366 days. Denied in `prepare`. */
  afterWorkingTime(hours: string, seconds: number, at?: Timestamp | Date): Timestamp | undefined;
}

/** Lines stored with the decision; `console.log` and its siblings write them too. */
export interface Log {
  debug(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
}

/** A search for agents. By default: any agent, present or not, at most 64. */
export type AgentQuery = Partial<Query>;

/** Agents and queues of the company. */
export interface Agents {
  /** Agents that match, longest idle first. */
  find(query: AgentQuery): AgentsPage;
  /** The agents of `find` as plain data, in one call of the host: what a choice needs. */
  summaries(query: AgentQuery): SummaryPage;
  /** Number of agents that match. */
  count(query: AgentQuery): number;
  /** The agent with this id. */
  get(id: string): Agent | undefined;
  /** The queue with this id. */
  queue(id: string): Queue | undefined;
  /** Ids of all queues, sorted; at most 256. */
  queueIds(): string[];
}

/** Shared data of the pack, which the company file may replace. It is in no instance's memory. */
export interface Data {
  /** The table of this name; absent where there is none, or it is bytes. */
  table(name: string): Table | undefined;
  /** Number of bytes of the data of this name; absent where there is none, or it is a table. */
  size(name: string): number | undefined;
  /** `length` bytes from `offset` on, at most 64 KiB; fewer where the data ends before. */
  read(name: string, offset: number, length: number): Uint8Array;
}

/** A table of the pack. */
export interface Table {
  /** Name of the column of the keys. */
  readonly key: string;
  /** Names of the other columns. */
  readonly columns: string[];
  readonly rowCount: number;
  /** Values of the row with exactly this key, by column; absent where there is none. */
  get(key: string): Record<string, string> | undefined;
  /** `get` for each of the keys, in their order, 64 in one call of the host. */
  getMany(keys: string[]): (Record<string, string> | undefined)[];
}

/** What the company's CRM says about the customer of the decision. */
export interface Contacts {
  /** An attribute that the company imports, such as `tier`; absent where the CRM says nothing of it. */
  attribute(name: string): string | undefined;
  /** Names of the attributes, sorted; at most 32. */
  attributeNames(): string[];
}

/** Earlier interactions, newest first, the current one included; at most 64. */
export interface History {
  ofConversation(limit?: number): InteractionsPage;
  ofContact(limit?: number): InteractionsPage;
}

/** Approved answers of the company. */
export interface Knowledge {
  /** Articles that match the words, best first; 8 unless `limit` says otherwise. */
  search(words: string, limit?: number): Match[];
  /** Articles written for an intent; at most 64. */
  forIntent(intent: string): Article[];
}

/** State of a scope. Writes commit with the decision. */
export interface Store {
  /** Value of a key; absent where it was never set or has expired. */
  get(key: string): unknown;
  /** Sets a key to a value, stored as JSON of at most 4 KiB; `expiresAfter` is in seconds. */
  set(key: string, value: unknown, options?: { expiresAfter?: number }): void;
  /** Value of a counter; 0 where it was never changed. */
  counter(key: string): number;
  /** Adds to a counter, 1 by default. */
  add(key: string, amount?: number): void;
  /** Raises a counter to at least a value. */
  max(key: string, value: number): void;
  /** Adds to a counter for a window of seconds; `counter` returns the sum over it. */
  addWindowed(key: string, window: number, amount?: number): void;
}

/** State between decisions. */
export interface State {
  readonly conversation: Store & { remove(key: string): void };
  readonly contact: Store;
  readonly company: Store;
}

/** Bytes of a text in UTF-8, which the spans of answers count. */
export function byteLength(text: string, end?: number): number;

/** The span of a passage, from positions in a string to bytes in UTF-8. */
export function byteSpan(text: string, from: number, to: number): { start: number; end: number };

export type { AgentsPage, InteractionsPage, SummaryPage };
