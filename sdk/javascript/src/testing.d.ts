import type {
  Agent,
  Article,
  Assessment,
  Attachment,
  Classification,
  Contact,
  Conversation,
  Draft,
  Escalation,
  Interaction,
  Policy,
  Queue,
  Review,
  RoutePlan,
  Trigger,
} from "./index.js";

/** The time of decisions unless a test sets another: Monday, 2 March 2026, 12:00 UTC. */
export const NOON: number;

/** A time: milliseconds, a `Date`, or a text that `new Date` reads. */
export type Time = number | Date | string;

/** The company and the time of a test. */
export interface TestOptions {
  /** Settings as the policy gets them: with the defaults of the schema. */
  settings?: unknown;
  /** Time of the decisions; `NOON` by default. */
  now?: Time;
  /** Agents, longest idle first. */
  agents?: Agent[];
  queues?: Queue[];
  /** Approved answers. */
  articles?: Article[];
  /** Interactions of the conversation, newest first. */
  conversation?: Interaction[];
  /** Interactions of the contact, newest first; those of the conversation by default. */
  contact?: Interaction[];
  /** What the company's CRM says about the contact, by name. */
  attributes?: Record<string, string>;
  /** Times at which business hours are open, in order, by name. */
  hours?: Record<string, [Time, Time][]>;
  /** Shared data of the pack, by name: tables, with the values of each row by column, and bytes. */
  data?: Record<string, Uint8Array | { key: string; columns: string[]; rows: Record<string, Record<string, string>> }>;
  /** Seed of random numbers; 1 by default. */
  seed?: number;
}

/**
 * A policy on a host in memory. Each decision answers as the host gets it; `undefined`: no opinion. An
 * answer that the host would reject (`bad-output`) is an error that names each field. Queues and agents
 * that it names must exist where the test has any.
 */
export interface TestedPolicy {
  classify(interaction: Interaction): Answer<Classification> | undefined;
  route(conversation: Conversation): Answer<RoutePlan> | undefined;
  check(draft: Draft): Answer<Review> | undefined;
  escalate(trigger: Trigger): Answer<Escalation> | undefined;
  /** Lines that decisions wrote: `info: 3 words matched`. */
  readonly log: string[];
  /** Sets the time of the next decisions. */
  setNow(time: Time): void;
  /** Stored values of a scope, decoded, by key. */
  stored(scope: "conversation" | "contact" | "company"): Record<string, unknown>;
}

/** An answer as the host gets it: a list that the policy left out is empty. */
export type Answer<Type> = {
  [Name in keyof Type as NonNullable<Type[Name]> extends unknown[] ? Name : never]-?: NonNullable<Type[Name]>;
} & {
  [Name in keyof Type as NonNullable<Type[Name]> extends unknown[] ? never : Name]: Type[Name];
};

/** A policy with settings, on a host in memory. Throws the `Problems` that its `prepare` throws. */
export function testPolicy(policy: Policy<any, any>, options?: TestOptions): TestedPolicy;

type Handle = Assessment | Attachment | Contact | Conversation | Interaction;

/** Plain data for a handle; a handle in it may be plain data too. */
type Data<Type> = Partial<{
  -readonly [Name in keyof Type as Type[Name] extends Function ? never : Name]: NonNullable<Type[Name]> extends Handle
    ? Type[Name] | Data<NonNullable<Type[Name]>>
    : Type[Name];
}>;

/** An interaction: inbound, private, on `chat`, received at `NOON`. */
export function interaction(data?: Data<Interaction> & { attributes?: Record<string, unknown> }): Interaction;
/** A conversation: new, queued, with one unanswered interaction. */
export function conversation(data?: Data<Conversation>): Conversation;
/** A draft: private, on `chat`, written by an agent, complete. */
export function draft(data?: Data<Draft>): Draft;
/** A trigger at `NOON`. */
export function trigger(data: Data<Trigger> & { code: string }): Trigger;
/** A contact of whom nothing is known. */
export function contact(data?: Data<Contact>): Contact;
/** An assessment without any value; its best intent comes first. */
export function assessment(data?: Data<Assessment>): Assessment;
/** A file. */
export function attachment(data?: Data<Attachment>): Attachment;
/** An agent: available, idle, without skills. */
export function agent(data: Data<Agent> & { id: string }): Agent;
/** A queue: open and empty. */
export function queue(data: Data<Queue> & { id: string }): Queue;
/** An approved answer. */
export function article(data: Data<Article> & { id: string; text: string }): Article;
