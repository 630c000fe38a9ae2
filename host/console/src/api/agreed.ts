// Shapes that are agreed with the API and not in its OpenAPI document yet. As soon as
// `openapi.json` has one, delete it here: the generated type takes its place.
import type { components } from "./schema.ts";

type Schemas = components["schemas"];

/** An operation, in the form of the generated types. */
interface Operation<Path, Query, Body, Answer> {
  parameters: { path: Path; query?: Query };
  requestBody: { content: { "application/json": Body } };
  responses: { 200: { content: { "application/json": Answer } } };
}

interface InCompany {
  company: string;
}

interface InConversation extends InCompany {
  conversation: string;
}

/** One SLA clock of a conversation. */
export interface Clock {
  clock: string;
  state: "running" | "paused" | "met" | "missed";
  target_seconds: number;
  deadline?: string | null;
  at_risk_at?: string | null;
  missed_at?: string | null;
  misses?: number;
}

/** What a row of a list says beyond the conversation itself. */
export interface SummaryAdditions {
  name?: string | null;
  snippet?: string | null;
  last_message_at?: string | null;
  last_message_from?: "customer" | "agent" | "policy" | null;
  clocks?: Clock[];
}

export type Summary = Schemas["ConversationSummary"] & SummaryAdditions;

export interface ConversationCounts {
  /** Absent where resolved ones are listed that the host does not count. */
  matching?: number | null;
  by_state: Record<string, number>;
  at_risk: number;
  missed: number;
}

export interface ConversationPage {
  conversations: Summary[];
  next?: string | null;
  counts?: ConversationCounts;
}

export interface ConversationQuery {
  state?: string;
  queue?: string;
  owner?: string;
  agent?: string;
  channel?: string;
  tag?: string;
  contact?: string;
  sort?: "id" | "deadline" | "age" | "priority" | "activity";
  limit?: number;
  after?: string;
}

/** A history entry; of a reply with its text. */
export type HistoryEntry = Omit<Schemas["HistoryEntry"], "data"> & {
  data: Record<string, unknown>;
  text?: string | null;
};

/** What a customer or the company wrote, as the channel gave it. */
export interface Interaction {
  id: string;
  channel: string;
  text: string;
  direction?: "inbound" | "outbound";
  visibility?: "public" | "private";
  account?: string;
  language?: string;
  received_at?: string;
  edited_at?: string;
  author?: { address?: string; name?: string; reach?: number; verified?: boolean };
  in_reply_to?: string;
  attachments?: Attachment[];
  automatic?: boolean;
  attributes?: Record<string, unknown>;
  rest?: string;
}

export interface Attachment {
  kind?: string;
  name?: string;
  media_type?: string;
  size?: number;
  url?: string;
}

export interface Message {
  ordinal: number;
  interaction?: Interaction | null;
}

/** A customer's reaction to a message or a reply. */
export interface Reaction {
  ordinal: number;
  /** Id of the message that it is about. */
  message: string;
  /** Key of the reply that it is about, as in the entry `reply-delivered`. */
  reply_key?: string | null;
  emoji?: string | null;
  /** `add`, or `remove` where the customer took it off. */
  action?: string | null;
  at?: string | null;
}

export interface ConversationDetail extends Omit<Schemas["ConversationDocument"], "history" | "said">, SummaryAdditions {
  history: HistoryEntry[];
  said: Message[];
  reactions?: Reaction[];
}

export interface MessagePage {
  messages: Message[];
  older?: number | null;
  newer?: number | null;
}

export interface HistoryPage {
  entries: HistoryEntry[];
  older?: number | null;
  newer?: number | null;
}

export interface PageQuery {
  before?: number;
  after?: number;
  limit?: number;
}

export interface ContactCard {
  contact: string;
  name?: string | null;
  addresses: { channel: string; address: string }[];
  language?: string | null;
  attributes?: Record<string, unknown>;
  opt_outs: { channel: string; since: string; account?: string | null; purpose?: string | null }[];
  open: Summary[];
  resolved: number;
}

export interface Note {
  id: string | number;
  at: string;
  by: string;
  text?: string | null;
}

export interface Article {
  id: string;
  language?: string | null;
  title: string;
  text: string;
  intents: string[];
  /** Phrases that a reply on this topic must not contain. */
  never_say: string[];
}

export interface Viewer {
  agent: string;
  state: "viewing" | "typing" | "away";
  since: string;
}

export interface Approval {
  conversation: string;
  reply: string;
  text?: string | null;
  /** Agent who wrote it: `author`, in hosts before the agreed shape `by`. */
  author?: string;
  by?: string;
  /** When it was submitted: `at`, in hosts before the agreed shape `since`. */
  at?: string;
  since?: string;
  step: number;
  steps?: number;
  /** Whether one of the approvers is enough for the step. */
  need?: "any" | "all";
  approvers?: string[];
  approved?: string[];
  findings?: Schemas["Finding"][];
  answered?: { ordinal: number; text?: string | null; at: string } | null;
  mine?: boolean;
  queue?: string | null;
  channel?: string;
}

/** An agent of the roster. */
export type Agent = Schemas["AgentDocument"] & {
  id: string;
  name?: string;
  skills?: Record<string, number>;
  languages?: string[];
  queues?: string[];
  teams?: string[];
  site?: string;
  capacity?: number;
};

type Actor = Schemas["ActorFields"];

/** The agreed paths. They replace the generated ones of the same name. */
export interface AgreedPaths {
  "/v1/me": { get: Operation<never, never, never, Schemas["Me"] & { now?: string }> };
  "/v1/companies/{company}/conversations": {
    get: Operation<InCompany, ConversationQuery, never, ConversationPage>;
  };
  "/v1/companies/{company}/conversations/{conversation}": {
    get: Operation<InConversation, never, never, ConversationDetail>;
  };
  "/v1/companies/{company}/conversations/{conversation}/messages": {
    get: Operation<InConversation, PageQuery, never, MessagePage>;
  };
  "/v1/companies/{company}/conversations/{conversation}/history": {
    get: Operation<InConversation, PageQuery, never, HistoryPage>;
  };
  "/v1/companies/{company}/conversations/{conversation}/actions": {
    post: Operation<InConversation, never, Schemas["ActionRequest"] & { expected?: number }, Schemas["DoneDocument"]>;
  };
  "/v1/companies/{company}/conversations/{conversation}/replies": {
    post: Operation<InConversation, never, Schemas["ReplyRequest"] & { expected?: number }, Schemas["DoneDocument"]>;
  };
  "/v1/companies/{company}/conversations/{conversation}/notes": {
    get: Operation<InConversation, { before?: string | number; limit?: number }, never, { notes: Note[]; older?: string | number | null }>;
    post: Operation<InConversation, never, { text: string; note?: string } & Actor, { note: string }>;
  };
  "/v1/companies/{company}/conversations/{conversation}/viewers": {
    get: Operation<InConversation, never, never, { viewers: Viewer[] }>;
  };
  "/v1/companies/{company}/conversations/{conversation}/viewers/me": {
    put: Operation<InConversation, never, { state: Viewer["state"] } & Actor, { viewers: Viewer[] }>;
    delete: Operation<InConversation, { by?: string }, never, { viewers: Viewer[] }>;
  };
  "/v1/companies/{company}/contacts/{contact}/card": {
    get: Operation<InCompany & { contact: string }, never, never, ContactCard>;
  };
  "/v1/companies/{company}/contacts/{contact}/journey": {
    get: Operation<InCompany & { contact: string }, { after?: number }, never, { entries: HistoryEntry[]; next?: number | null }>;
  };
  "/v1/companies/{company}/knowledge": {
    get: Operation<InCompany, { q?: string; language?: string; limit?: number }, never, { articles: Article[]; other_language?: boolean }>;
  };
  "/v1/companies/{company}/approvals": {
    get: Operation<InCompany, { after?: string; limit?: number; by?: string; role?: "agent" | "supervisor" }, never, { approvals: Approval[]; next?: string | null }>;
  };
  "/v1/companies/{company}/agents": {
    get: Operation<InCompany, { after?: string }, never, { agents: Agent[]; next?: string | null }>;
    post: Operation<InCompany, never, Record<string, unknown>[], Schemas["Imported"]>;
  };
  "/v1/companies/{company}/agents/{agent}": {
    get: Operation<InCompany & { agent: string }, never, never, Agent>;
    put: Operation<InCompany & { agent: string }, never, Record<string, unknown>, Schemas["Imported"]>;
    delete: Operation<InCompany & { agent: string }, never, never, undefined>;
  };
  "/v1/companies/{company}/decisions/{decision}/what-if": {
    post: Operation<InCompany & { decision: number | string }, never, { generation: number }, WhatIf>;
  };
  "/v1/companies/{company}/what-if": {
    post: Operation<InCompany, never, { generation: number; from?: string; to?: string; limit?: number }, { id: string }>;
  };
  "/v1/companies/{company}/what-if/{job}": {
    get: Operation<InCompany & { job: string }, never, never, WhatIfJob>;
    delete: Operation<InCompany & { job: string }, never, never, undefined>;
  };
}

/** A decision as another generation would make it. */
export interface WhatIf {
  decision: number;
  generation: number;
  changed: boolean;
  before: unknown;
  after: unknown;
  differences: { field: string; before: unknown; after: unknown }[];
}

/** Many decisions as another generation would make them. */
export interface WhatIfJob {
  id: string;
  state: "running" | "done" | "failed" | "cancelled";
  done: number;
  total: number;
  [tally: string]: unknown;
}

export type Me = Schemas["Me"] & { now?: string };
export type Offer = Schemas["OfferDocument"];
export type QueueRow = Schemas["QueueDocument"];
export type Review = Schemas["Review"];
export type Finding = Schemas["Finding"];
export type Template = Schemas["TemplateDocument"];
export type DoneDocument = Schemas["DoneDocument"];
export type Presence = Schemas["Presence"];
