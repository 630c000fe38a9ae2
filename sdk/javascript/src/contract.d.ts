// Generated from wit/ by `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract`.

/** A skill and the proficiency an agent has or needs. */
export interface Skill {
  /** Code of the skill, kebab-case. */
  name: string;
  /** Proficiency, 1 (learning) to 5 (expert). */
  proficiency: number;
}

/** A person who answers customers. */
export interface Agent {
  /** The company's identifier of the agent. */
  readonly id: string;
  /** Display name; absent where the company stores none. */
  readonly name: string | undefined;
  /** All skills, sorted by name; at most 64. */
  readonly skills: Skill[];
  /** Proficiency in one skill, 1 to 5; absent without the skill. */
  proficiency(skill: string): number | undefined;
  /** Languages spoken (BCP 47), sorted; at most 64. */
  readonly languages: string[];
  /**
   * `available`, `busy`, `away` or `offline`. Presence is not capacity.
   * An agent who let an offer time out and has not returned since is `away`.
   */
  readonly presence: string;
  /**
   * Capacity in use, open offers included. By default a call takes 100, a
   * chat 25. May exceed `capacity`.
   */
  readonly load: number;
  /** Total capacity, 100 by default. */
  readonly capacity: number;
  /**
   * Seconds since the agent last accepted or finished a conversation;
   * absent where the agent has not worked yet.
   */
  readonly idleSeconds: number | undefined;
  /** Queues the agent is a member of, sorted; at most 256. */
  readonly queues: string[];
  /** Teams, sorted; at most 64. */
  readonly teams: string[];
  /** Site; absent where the company stores none. */
  readonly site: string | undefined;
}

/** A queue of conversations waiting for an agent. */
export interface Queue {
  /** The company's identifier of the queue. */
  readonly id: string;
  /** Whether conversations without a route go here. */
  readonly isDefault: boolean;
  /** Minimum proficiency of its members, sorted by skill. */
  readonly skills: Skill[];
  /** Number of conversations waiting in it; offered ones are not counted. */
  readonly waiting: number;
  /** Seconds the oldest of them has waited; absent where none waits. */
  readonly longestWaitSeconds: number | undefined;
  /**
   * Whether its business hours are open at the time of the decision;
   * true where it has none.
   */
  readonly isOpen: boolean;
  /**
   * Name of its business hours, for the functions of `clock`; absent
   * where it has none and is open round the clock.
   */
  readonly hours: string | undefined;
  /**
   * When it opens next; absent while it is open, and where it does not
   * open within 366 days.
   */
  readonly opensAt: Timestamp | undefined;
  /**
   * When it closes next; absent while it is closed, and where it does
   * not close within 366 days.
   */
  readonly closesAt: Timestamp | undefined;
}

/** A search for agents. All conditions must hold. */
export interface Query {
  /** Minimum proficiency in each of these skills; empty: any. */
  skills?: Skill[] | undefined;
  /**
   * A language the agent must speak (BCP 47; a primary subtag such as
   * `pt` also matches `pt-BR`); absent: any.
   */
  language?: string | undefined;
  /** Only members of this queue; absent: any. */
  queue?: string | undefined;
  /** Only members of this team; absent: any. */
  team?: string | undefined;
  /** Only agents of this site; absent: any. */
  site?: string | undefined;
  /** Only agents who are present (`available` or `busy`). */
  present: boolean;
  /** Most agents to return; capped at 64. */
  limit: number;
}

/** The first agents of a search, longest idle first. */
export interface AgentsPage {
  /** At most 64 agents. */
  items: Agent[];
  /** Number of agents that match. */
  total: number;
  /** Whether more match than `items` holds. */
  truncated: boolean;
}

/** What a choice among agents needs, as plain data. */
export interface AgentSummary {
  /** As `agent.id`. */
  id: string;
  /** As `agent.presence`. */
  presence: string;
  /** As `agent.load`. */
  load: number;
  /** As `agent.capacity`. */
  capacity: number;
  /** As `agent.idle-seconds`. */
  idleSeconds?: number | undefined;
  /**
   * Proficiency, 1 to 5, in each skill of the query, in the query's
   * order.
   */
  proficiencies: Uint8Array;
}

/** The first agents of a search as plain data, longest idle first. */
export interface SummaryPage {
  /** At most 64 agents. */
  items: AgentSummary[];
  /** Number of agents that match. */
  total: number;
  /** Whether more match than `items` holds. */
  truncated: boolean;
}

/** What a table has. */
export interface TableView1 {
  /** Name of the column of the keys. */
  key: string;
  /**
   * Names of the other columns, in the table's order; at most 63. Empty
   * where the table is a set of keys.
   */
  columns: string[];
  /** Number of rows. */
  rowCount: number;
}

/** The newest part of a history. */
export interface InteractionsPage {
  /** Interactions, newest first; at most 64. */
  items: Interaction[];
  /** Whether the history holds more. */
  truncated: boolean;
}

/** One approved answer. */
export interface Article {
  /** The company's identifier of the article. */
  readonly id: string;
  /** Title, in the article's language. */
  readonly title: string;
  /** The approved wording. */
  readonly text: string;
  /** Intents it answers, sorted; at most 64. */
  readonly intents: string[];
  /** Language (BCP 47); absent where it serves every language. */
  readonly language: string | undefined;
  /**
   * Phrases an answer on this subject must not use, for example an
   * expired refund window; at most 64.
   */
  readonly neverSay: string[];
}

/** An article and how well it matched. */
export interface Match {
  /** The article. */
  article: Article;
  /** Relevance, above 0; comparable within one search only. */
  score: number;
}

/** How much a line matters. */
export type Level = "debug" | "info" | "warn" | "error";

/** What the state belongs to. */
export type Scope = "conversation" | "contact" | "company";

/** A point in time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds. */
export type Timestamp = number;

/** What the customer wants, as a classifier named it. */
export interface Intent {
  /**
   * Code of the intent, kebab-case, dotted where it nests:
   * `card-lost`, `delivery.late`. At most 64 bytes.
   */
  name: string;
  /** Confidence, 0 to 1. */
  confidence: number;
}

/**
 * A file that came with an interaction or goes out with a draft. Policies
 * never get its content.
 */
export interface Attachment {
  /**
   * Code of the kind: `image`, `video`, `audio`, `document`,
   * `location`, `other`. The set grows.
   */
  readonly kind: string;
  /** File name given by the channel; absent where it gave none. */
  readonly name: string | undefined;
  /** Media type (RFC 6838), for example `image/png`; absent where unknown. */
  readonly mediaType: string | undefined;
  /** Size in bytes; absent where unknown. */
  readonly size: number | undefined;
}

/** A person who writes to the company, as far as the company knows them. */
export interface Contact {
  /**
   * The company's identifier of the contact; absent where the company
   * does not know the person yet.
   */
  readonly id: string | undefined;
  /**
   * Address on the channel of this interaction: a handle, a number or a
   * mail address. Absent where the channel hides it.
   */
  readonly address: string | undefined;
  /** Display name; absent where the channel gave none. */
  readonly name: string | undefined;
  /**
   * Number of people who see what this person posts (followers); absent
   * where the channel does not tell.
   */
  readonly reach: number | undefined;
  /**
   * Whether the channel has verified who they are; absent where it does
   * not tell.
   */
  readonly verified: boolean | undefined;
  /**
   * Inbound interactions of this contact in the last seven days on every
   * channel, this one included. 0 where no history is stored.
   */
  readonly recentInteractions: number;
  /** Agent who last replied to this contact; absent before the first reply. */
  readonly lastAgent: string | undefined;
}

/** One inbound or outbound message, post, call or mention. */
export interface Interaction {
  /**
   * Identifier given by the channel; unique within company, channel
   * and account. At most 256 bytes.
   */
  readonly id: string;
  /**
   * Code of the channel, for example `x`, `whatsapp`, `email` or `phone`.
   * The set grows, and a company may add its own. The SDK has a
   * constant for each code that a host of its version knows.
   */
  readonly channel: string;
  /**
   * What was written, or the transcript of a call; UTF-8, at most 64 KiB.
   * Spans in answers are byte offsets into this text.
   */
  readonly text: string;
  /** `inbound` (from the customer) or `outbound` (from the company). */
  readonly direction: string;
  /** `public` (anyone may read it) or `private`. */
  readonly visibility: string;
  /**
   * The company's account that was addressed; absent where there is only
   * one.
   */
  readonly account: string | undefined;
  /** Language given by the channel (BCP 47); absent where it gave none. */
  readonly language: string | undefined;
  /**
   * When the channel received it; the time of the decision where the
   * channel does not tell.
   */
  readonly receivedAt: Timestamp;
  /** Who wrote it. */
  readonly author: Contact;
  /**
   * Identifier of the interaction this one answers; absent where it
   * answers none.
   */
  readonly inReplyTo: string | undefined;
  /** Files that came with it, in order; at most 32. */
  readonly attachments: Attachment[];
  /**
   * Value of an extra attribute the channel or the integrator set: a
   * string as it is, any other value as JSON text. Absent where there is
   * no such attribute.
   */
  attribute(name: string): string | undefined;
  /** Names of all extra attributes, sorted; at most 64. */
  readonly attributeNames: string[];
}

/** Classification of an interaction, merged from the company's classifiers. */
export interface Assessment {
  /** Intents, best first; at most 64. */
  readonly intents: Intent[];
  /** Topics, in the order the classifiers gave them; at most 64. */
  readonly topics: string[];
  /**
   * Mood, -1 (very negative) to 1 (very positive); absent where no
   * classifier gave one.
   */
  readonly sentiment: number | undefined;
  /**
   * Urgency, 0 (any time) to 100 (now); absent where no classifier gave
   * one.
   */
  readonly urgency: number | undefined;
  /** Language of the text (BCP 47); absent where unknown. */
  readonly language: string | undefined;
  /** Probability of spam, 0 to 1; absent where no classifier gave one. */
  readonly spam: number | undefined;
  /** Probability of abuse, 0 to 1; absent where no classifier gave one. */
  readonly abuse: number | undefined;
  /**
   * Whether the customer expects a reply; absent where no classifier
   * told.
   */
  readonly replyExpected: boolean | undefined;
  /**
   * Kinds of personal data found (`payment-card`, `email`, …), each
   * once, sorted.
   */
  readonly personalDataKinds: string[];
}

/** Interactions that belong together on one channel thread. */
export interface Conversation {
  /**
   * The company's identifier; the id of the first interaction where
   * conversations are not stored.
   */
  readonly id: string;
  /** Code of the channel, as in `interaction.channel`. */
  readonly channel: string;
  /**
   * State: `queued`, `reserved`, `active`, `waiting-on-customer`,
   * `on-hold`, `awaiting-approval`, `wrapping` or `resolved`.
   */
  readonly state: string;
  /**
   * Code of why a route is requested: `new`, `reopened`, `returned` (its
   * agent returned it, went offline or left), `expired` (the last step of
   * its plan passed and no agent accepted it), `held` (the time it was on
   * hold for is over) or `re-routed` (an escalation requested it). The set
   * grows. Outside of routing, the cause of the last route.
   */
  readonly cause: string;
  /** When its first interaction was accepted. */
  readonly createdAt: Timestamp;
  /** Number of its interactions, both directions. */
  readonly interactionCount: number;
  /** The newest inbound interaction. */
  readonly latest: Interaction;
  /** The customer. */
  readonly contact: Contact;
  /**
   * Classification of the newest inbound interaction; absent before it is
   * classified.
   */
  readonly assessment: Assessment | undefined;
  /** Queue it waits in or came from; absent before the first route. */
  readonly queue: string | undefined;
  /** Agent who owns it; absent while no agent does. */
  readonly owner: string | undefined;
  /**
   * Agent who last replied in it, or to its contact elsewhere; absent
   * before a reply.
   */
  readonly lastAgent: string | undefined;
  /** Priority, 0 (lowest) to 100. */
  readonly priority: number;
  /** Tags, sorted; at most 64. */
  readonly tags: string[];
  /**
   * When the oldest unanswered customer message was received; absent
   * where every message is answered.
   */
  readonly unansweredSince: Timestamp | undefined;
  /**
   * Until when its channel takes a free reply, where it takes one only
   * for some time after the customer's last message; a time in the past
   * where that is over. Absent where it takes one at any time.
   */
  readonly replyWindowEnds: Timestamp | undefined;
  /**
   * Subject of its incident, as the `open-incident` action named it;
   * absent without one.
   */
  readonly incident: string | undefined;
}

/** A reply that has not gone out yet. */
export interface Draft {
  /** Identifier of the draft. At most 256 bytes. */
  readonly id: string;
  /** Code of the channel it would go out on. */
  readonly channel: string;
  /** The text as it would be sent; UTF-8, at most 64 KiB. */
  readonly text: string;
  /** `public` or `private`. */
  readonly visibility: string;
  /**
   * Who wrote it: `human` or `policy`. Some channels require a reply to
   * tell.
   */
  readonly writtenBy: string;
  /** Agent who sends it; absent where a policy does, or unknown. */
  readonly agent: string | undefined;
  /** Files that would go out with it, in order; at most 32. */
  readonly attachments: Attachment[];
  /** The interaction it answers; absent where it answers none. */
  readonly answers: Interaction | undefined;
  /**
   * Classification of the interaction it answers; absent where that was
   * not classified.
   */
  readonly assessment: Assessment | undefined;
  /** Its conversation; absent where it starts one. */
  readonly conversation: Conversation | undefined;
  /**
   * Length as the channel counts: weighted characters on X
   * (a URL counts 23, emoji and CJK 2), characters elsewhere.
   */
  readonly length: number;
  /**
   * Maximum length on the channel, counted the same way; absent where
   * there is none.
   */
  readonly lengthLimit: number | undefined;
  /**
   * Whether the agent is still typing. Such a check is advice: the host
   * does not record it, and denies writes of state.
   */
  readonly composing: boolean;
}

/** Why an escalation policy is called. */
export interface Trigger {
  /**
   * Code. The set grows: decline a code you do not know.
   *
   * - `classified`: an interaction was classified.
   * - `sla-at-risk`, `sla-breached`: a share of a target, or all of it,
   *   is used up; once each.
   * - `customer-returned`: the conversation was reopened, or its contact
   *   started it within the company's window for the same agent.
   * - `declined`: the only agent who fits declined it or let its offer
   *   time out.
   * - `silent-agent`: its owner has not answered the customer within the
   *   company's limit.
   * - `wake-up`: an escalation requested a call at this time.
   * - `volume-surge`, `reach-surge`: many interactions are about one
   *   subject, or few reach many people.
   */
  readonly code: string;
  /** When it fired: the time of the decision. */
  readonly at: Timestamp;
  /** The conversation; absent for a surge over many. */
  readonly conversation: Conversation | undefined;
  /**
   * For SLA triggers, the clock: `first-response`, `next-response` or
   * `resolution`; otherwise absent.
   */
  readonly clock: string | undefined;
  /**
   * For SLA triggers, when the target is or was due; for `wake-up`, the
   * requested time; otherwise absent.
   */
  readonly dueAt: Timestamp | undefined;
  /**
   * For surges, the topic or intent; for `wake-up`, the name given in the
   * request, absent without one; otherwise absent.
   */
  readonly subject: string | undefined;
  /**
   * For `declined`, the agent who declined or let the offer time out; for
   * `silent-agent`, the silent agent; otherwise absent.
   */
  readonly agent: string | undefined;
  /**
   * For `volume-surge`, interactions in the window; for `reach-surge`,
   * people who see them; for `declined`, offers that failed since the
   * conversation last had an owner; otherwise absent.
   */
  readonly count: number | undefined;
  /**
   * For surges, the usual count in a window of the same length; otherwise
   * absent.
   */
  readonly usual: number | undefined;
  /** For surges, length of the window in seconds; otherwise absent. */
  readonly windowSeconds: number | undefined;
}

/** A piece of personal data in the text. */
export interface PersonalData {
  /**
   * Code of the kind: `payment-card`, `phone`, `email`,
   * `booking-reference`, `iban`, `address`, … The set grows.
   */
  kind: string;
  /** First byte, from 0, on a character boundary of the text. */
  start: number;
  /** First byte after it; greater than `start`. */
  end: number;
}

/**
 * Result of a classification. An absent value means no opinion: another
 * classifier of the company may have one.
 */
export interface Classification {
  /** Intents of the customer, in any order; at most 64. */
  intents?: Intent[] | undefined;
  /** Topics, codes in kebab-case; at most 64. */
  topics?: string[] | undefined;
  /** Mood, -1 (very negative) to 1 (very positive). */
  sentiment?: number | undefined;
  /** Urgency, 0 (any time) to 100 (now). */
  urgency?: number | undefined;
  /** Language of the text (BCP 47). */
  language?: string | undefined;
  /** Probability of spam, 0 to 1. */
  spam?: number | undefined;
  /** Probability of abuse, 0 to 1. */
  abuse?: number | undefined;
  /** Whether the customer expects a reply. */
  replyExpected?: boolean | undefined;
  /** Personal data in the text; at most 64. */
  personalData?: PersonalData[] | undefined;
  /**
   * The reason, in one sentence for the agent who reads the decision; at
   * most 4 KiB.
   */
  why: string;
}

/** One action of the host. */
export interface Action {
  /**
   * Code. All but `notify` act on the trigger's conversation, and do
   * nothing where it has none; `open-incident` then opens an incident
   * without one.
   *
   * - `raise-priority`: its priority is at least `priority` from now on.
   * - `re-route`: it leaves its agent, if any, and goes to the queue
   *   `target`; without one routing is called with the cause `re-routed`.
   * - `require-approval`: every reply needs approval from now on.
   * - `notify`: the host notifies the company's named target.
   * - `open-incident`: it belongs to the incident `target` from now on;
   *   conversations with one subject belong to one incident.
   * - `wake-up`: the host calls every escalation policy at `at` with the
   *   trigger `wake-up`. It keeps the 16 earliest per conversation.
   *
   * The set grows.
   */
  kind: string;
  /**
   * What the action applies to; absent for `raise-priority`:
   *
   * - `notify`: name of a `target` of the company file.
   * - `re-route`: the queue's id; absent: routing decides.
   * - `require-approval`: the team of which a member must approve; absent,
   *   or where the team has no members: any supervisor.
   * - `open-incident`: its subject, 1 to 256 bytes; a topic or intent
   *   where one fits.
   * - `wake-up`: a code the trigger returns as `subject`; absent: none. A
   *   later one of the same name, or also without one, replaces it.
   */
  target?: string | undefined;
  /**
   * Message, at most 4 KiB; absent where there is none. Do not quote
   * personal data.
   */
  message?: string | undefined;
  /**
   * For `raise-priority`, the minimum priority, 0 to 100; for `notify` and
   * `open-incident`, the urgency, 0 to 100, or absent; otherwise absent.
   */
  priority?: number | undefined;
  /** For `wake-up`, when to call, later than now; otherwise absent. */
  at?: Timestamp | undefined;
}

/** Result of an escalation. */
export interface Escalation {
  /** Actions, in any order; duplicates are dropped. At most 32. */
  actions?: Action[] | undefined;
  /** The reason, in one sentence; at most 4 KiB. */
  why: string;
}

/** One problem with the settings. */
export interface Problem {
  /**
   * Where, as a JSON Pointer (RFC 6901) into the settings; empty for
   * the settings as a whole.
   */
  path: string;
  /** What is wrong and what would be right. */
  message: string;
}

/** Where the conversation goes. */
export interface Target {
  /**
   * Code:
   *
   * - `queue`: the host offers it to members of the queue, as steps and
   *   preferences tell.
   * - `agent`: the host offers it to that agent alone, who need not be
   *   a member of a queue nor meet a step, as soon as they are present
   *   and have free capacity. When they refuse, or the wait is over, it
   *   goes to `queue`, and the steps begin.
   * - `hold`: no agent is offered it before `until`. A new message does
   *   not end that; an escalation's `re-route` does.
   * - `close`: it is resolved.
   *
   * The set grows.
   */
  kind: string;
  /** Id of the queue or agent; absent for `hold` and `close`. */
  id?: string | undefined;
  /**
   * For `agent` and `hold`, the queue whose targets, hours and priority
   * apply meanwhile, and where it goes afterwards; absent: the queue it is
   * in, or the default queue. Absent for `queue` and `close`.
   */
  queue?: string | undefined;
  /**
   * For `agent`, until when it waits for them; absent: it does not
   * wait, and goes to `queue` at once unless they can be offered it
   * now. For `hold`, when routing is called again, with the cause `held`;
   * absent: not by time. Later than now, by at most 366 days.
   * Absent for `queue` and `close`.
   */
  until?: Timestamp | undefined;
  /**
   * For `agent` with `until`, whether it waits also while they are `away`
   * or `offline`; absent: false, it goes to `queue` as soon as they are.
   * Absent otherwise.
   */
  whileAway?: boolean | undefined;
}

/**
 * Who qualifies until it expires. Steps come in order and only widen: an
 * agent who meets an earlier step still qualifies. After the last one any
 * member of the queue does.
 */
export interface Step {
  /** Minimum proficiency in each skill; empty: none required. At most 32. */
  skills?: Skill[] | undefined;
  /**
   * Languages of which the agent must speak one (BCP 47; a primary
   * subtag such as `pt` also stands for `pt-BR`); empty: any. At most
   * 32.
   */
  languages?: string[] | undefined;
  /**
   * Skip the step when fewer available agents than this meet it, whatever
   * their free capacity; 0: never skip it; absent: 1. Checked only when no
   * offer can be made at once.
   */
  minimumAgents?: number | undefined;
  /**
   * Seconds until the next step, 1 to 604,800; absent: it does not expire.
   * When the last step expires without an agent, routing is called again
   * with the cause `expired`.
   */
  expiresAfter?: number | undefined;
}

/**
 * An agent the host offers the conversation before others who qualify. A
 * preference does not make an agent qualify.
 */
export interface Preference {
  /** Id of an agent of the company. */
  agent: string;
  /** Score, 0 to 100; of equal ones the longest idle is first. */
  score: number;
}

/** The target of one SLA clock. */
export interface SlaTarget {
  /** Clock; `trigger.clock` of `patchbay:care/types` lists the codes. */
  clock: string;
  /**
   * Target in seconds of working time by the queue's hours, 1 to
   * 31,622,400.
   */
  seconds: number;
}

/** Where a conversation goes, who qualifies, and its priority and targets. */
export interface RoutePlan {
  /** Where it goes. */
  target: Target;
  /**
   * Who qualifies, widening over time; empty: any member of the queue.
   * At most 16.
   */
  steps?: Step[] | undefined;
  /** Preferred agents, in any order; at most 64. */
  preferences?: Preference[] | undefined;
  /**
   * Agents who are not offered it under this plan, even when preferred; at
   * most 64, and not the agent of `target`. Unknown agents are ignored.
   */
  excluded?: string[] | undefined;
  /**
   * Priority, 0 (lowest) to 100; absent: the queue's. A higher priority of
   * the conversation stays.
   */
  priority?: number | undefined;
  /** Timeout of an offer in seconds, 1 to 86,400; absent: the company's. */
  offerTimeout?: number | undefined;
  /** Targets that differ from the queue's, each clock at most once. */
  sla?: SlaTarget[] | undefined;
  /** Tags to add, codes in kebab-case; at most 64. */
  tags?: string[] | undefined;
  /** The reason, in one sentence; at most 4 KiB. */
  why: string;
}

/** What should happen to the draft, mildest first. */
export type Verdict = "approve" | "revise" | "hold" | "block";

/** How much a finding matters. */
export type Severity = "info" | "low" | "medium" | "high" | "critical";

/** A problem found in the draft. */
export interface Finding {
  /**
   * Code, kebab-case and dotted: `length.exceeded`,
   * `personal-data.public`. The set grows.
   */
  code: string;
  /** How much it matters. */
  severity: Severity;
  /**
   * First byte of the passage, on a character boundary of the draft's
   * text; absent where the whole draft is meant. Comes with `end`.
   */
  start?: number | undefined;
  /** First byte after the passage; greater than `start`. */
  end?: number | undefined;
  /** What is wrong, in one sentence for the agent; at most 1 KiB. */
  message: string;
  /**
   * What to write instead of the passage, or of the whole draft where
   * no passage is named; absent where none is known. At most 4 KiB.
   */
  suggestion?: string | undefined;
}

/** Result of a check. */
export interface Review {
  /** What should happen. */
  verdict: Verdict;
  /** Findings, in order of the text; at most 64. */
  findings?: Finding[] | undefined;
  /**
   * With `hold`, teams that must approve it, each by one member, in this
   * order; empty: any supervisor. A team without members stands for any
   * supervisor. At most 8; empty with every other verdict.
   */
  approvers?: string[] | undefined;
  /** The reason, in one sentence; at most 4 KiB. */
  why: string;
}

/**
 * The company's agents and queues. Needs the grant `agents`.
 *
 * Every call of one decision reads the same snapshot: two calls agree.
 */
export interface HostAgents {
  /**
   * Agents that match, longest idle first; an agent who has not worked yet
   * comes last.
   */
  find(query: Query): AgentsPage;
  /**
   * The agents of `find` as plain data, in one call. Use it where
   * identifier, presence, load and proficiency are enough: each method of an
   * `agent` is a call of its own.
   */
  findSummaries(query: Query): SummaryPage;
  /** Number of agents that match; `limit` is ignored. */
  count(query: Query): number;
  /** The agent with this id; absent where there is none. */
  get(id: string): Agent | undefined;
  /** The queue with this id; absent where there is none. */
  getQueue(id: string): Queue | undefined;
  /** Ids of all queues, sorted; at most 256. */
  queueIds(): string[];
}

/**
 * Time of the decision and business hours. Needs no grant: a replay gives the
 * same answers.
 */
export interface HostClock {
  /** Time of the decision; the same in every call of it, and in a replay. */
  now(): Timestamp;
  /**
   * Whether business hours are open at `at`; absent where the company has
   * none of that name.
   */
  isOpen(hours: string, at: Timestamp): boolean | undefined;
  /**
   * When business hours open next after `at`; absent where they are open at
   * `at`, do not open within 366 days, or the company has none of that name.
   */
  opensAt(hours: string, at: Timestamp): Timestamp | undefined;
  /**
   * When business hours close next after `at`; absent where they are closed
   * at `at`, do not close within 366 days, or the company has none of that
   * name.
   */
  closesAt(hours: string, at: Timestamp): Timestamp | undefined;
  /**
   * `at` plus `seconds` of working time: Friday 16:00 plus two hours is
   * Monday 10:00 where the hours are 9 to 17 on weekdays. Absent where that is
   * not within 366 days, or the company has no hours of that name.
   */
  afterWorkingTime(hours: string, at: Timestamp, seconds: number): Timestamp | undefined;
}

/**
 * What the company's CRM says about the customer: attributes by name, such as
 * `tier` or `language`, which the company imports. Needs the grant `contacts`.
 */
export interface HostContacts {
  /**
   * An attribute of this decision's contact, as text: at most 1024 bytes,
   * UTF-8. Absent where the CRM says nothing of it, where the company has no
   * record of the person, and where the decision is about no message. Of a
   * person with several records, the one of the address that wrote counts.
   */
  attribute(name: string): string | undefined;
  /**
   * Names of the attributes of this decision's contact, sorted; at most 32,
   * each a code of at most 64 bytes.
   */
  attributeNames(): string[];
}

/**
 * Shared data of the pack: tables and bytes that are layers of their own, which
 * the company file may replace. They are in no instance's memory: a decision
 * pays for what it reads. Needs no grant: the data belongs to the pack, or the
 * company gave it to this policy.
 *
 * Names are those of `[data.NAME]` in `pack.toml`. A name that is not there, or
 * of the other kind, ends the decision with the outcome `denied`, unless the
 * function says otherwise; so does every function during `lifecycle.prepare`,
 * whose results outlive the data. The bytes that one call answers count against
 * the policy's limit on transfers; more end the decision with the outcome
 * `out-of-memory`.
 */
export interface HostData {
  /** The table of this name; absent where there is none, or it is bytes. */
  table(name: string): TableView1 | undefined;
  /**
   * The row with exactly this key, byte for byte: its values in the order of
   * `columns`, each at most 32 KiB. Absent where the table has no such key.
   */
  get(table: string, key: string): string[] | undefined;
  /**
   * `get` for each of the keys, in their order, in one call; more than 64 keys
   * end the decision with the outcome `out-of-memory`.
   */
  getMany(table: string, keys: string[]): (string[] | undefined)[];
  /**
   * Number of bytes of the data of this name; absent where there is none, or it
   * is a table.
   */
  size(name: string): number | undefined;
  /**
   * Bytes from `offset` on, from 0: `length` of them, at most 64 KiB; fewer
   * where the data ends before, none where `offset` is its end or beyond it.
   */
  read(name: string, offset: number, length: number): Uint8Array;
}

/**
 * Earlier interactions of the conversation and of the contact. Needs the grant
 * `interactions`.
 */
export interface HostInteractions {
  /**
   * Interactions of this decision's conversation, newest first, the current
   * one included; at most `limit`, which is capped at 64.
   */
  ofConversation(limit: number): InteractionsPage;
  /**
   * Interactions of this decision's contact on every channel, newest first,
   * the current one included; at most `limit`, which is capped at 64.
   */
  ofContact(limit: number): InteractionsPage;
}

/** The company's approved answers. Needs the grant `knowledge`. */
export interface HostKnowledge {
  /**
   * Articles that match the words of `text`, best first; at most `limit`,
   * which is capped at 64.
   */
  search(text: string, limit: number): Match[];
  /** Articles written for an intent, in the company's order; at most 64. */
  forIntent(intent: string): Article[];
}

/**
 * Log lines stored with the decision. Needs no grant; the lines never reach the
 * host's own log.
 */
export interface HostLog {
  /**
   * Stores a line with the decision. Lines beyond the limit on log bytes are
   * dropped and counted.
   */
  write(level: Level, message: string): void;
}

/**
 * Random numbers. Needs no grant: the seed is recorded, and a replay draws the
 * same numbers.
 */
export interface HostRandom {
  /** 64 evenly distributed bits. */
  next(): number;
}

/** The settings the company gave this policy. Needs no grant. */
export interface HostSettings {
  /**
   * All settings as one JSON object, with the schema's defaults.
   * `lifecycle.prepare` receives the same text.
   */
  get(): string;
}

/**
 * State a policy stores between decisions. Needs a grant for each scope.
 *
 * Writes commit with the decision; a decision that fails writes nothing. A key
 * has at most 128 bytes, a value at most 4 KiB; a longer one ends the decision
 * with the outcome `out-of-memory`. A value and a counter of the same key are
 * separate.
 *
 * A check of a draft that is still being typed, and a decision without a
 * conversation in the scopes that need one, end with the outcome `denied`
 * when they write.
 */
export interface HostState {
  /** Value of a key; absent where it was never set or has expired. */
  get(scope: Scope, key: string): Uint8Array | undefined;
  /** Value of a counter; 0 where it was never changed. */
  counter(scope: Scope, key: string): number;
  /**
   * Sets a key, which expires after that many seconds, or never. Of
   * concurrent decisions the last one wins.
   */
  set(scope: Scope, key: string, value: Uint8Array, expiresAfter?: number): void;
  /** Adds to a counter; additions of concurrent decisions all count. */
  add(scope: Scope, key: string, amount: number): void;
  /** Raises a counter to at least `value`. */
  max(scope: Scope, key: string, value: number): void;
  /**
   * Adds to a counter for `window` seconds, 1 to 604,800 (a value outside is
   * moved to the nearest end). `counter` returns the sum over the window.
   */
  addWindowed(scope: Scope, key: string, amount: number, window: number): void;
  /**
   * Removes a key of the conversation, its counter too. In the other scopes
   * set it with an expiry instead: concurrent decisions cannot order a
   * removal.
   */
  remove(key: string): void;
}
