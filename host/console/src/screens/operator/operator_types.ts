// Answers of the host that its OpenAPI document tells as plain objects.
import type { SchemaNode } from "./settings_schema.ts";

/** A value that differs between two generations. Absent `before`: added; absent `after`: removed. */
export interface Difference {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

export interface GenerationRow {
  readonly generation: number;
  readonly active: boolean;
  readonly digest: string;
  readonly by: string;
  readonly at: string;
  readonly activated_at?: string | null;
}

export interface WatchedFile {
  readonly at: string;
  readonly file: string;
  readonly generation?: number | null;
  readonly problems?: readonly string[];
  readonly state: string;
}

export interface GenerationPage {
  readonly active?: number | null;
  readonly generations: readonly GenerationRow[];
  readonly next?: number | null;
  readonly watched?: WatchedFile | null;
}

export interface GenerationDetail extends GenerationRow {
  readonly document: string;
  /** Digest of each pack's component. */
  readonly packs: Readonly<Record<string, string>>;
  /** Settings schema of each pack that has one; absent in older hosts. */
  readonly schemas?: Readonly<Record<string, SchemaNode>>;
  readonly articles: readonly string[];
}

/** A change of the active generation, planned or made. */
export interface Plan {
  readonly generation: number;
  readonly before?: number | null;
  readonly active: boolean;
  readonly unchanged: boolean;
  readonly differences: readonly Difference[];
  readonly warnings: readonly string[];
  readonly because?: string | null;
}

/** A pack without the bytes of its component. */
export interface PackBundle {
  readonly name: string;
  readonly manifest?: string;
  readonly schema?: string;
  readonly component: string;
}

export interface Arm {
  readonly decisions: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly overloaded: number;
  readonly latency?: { readonly decisions: number; readonly p50_micros: number; readonly p99_micros: number; readonly max_micros: number };
}

export interface RolloutExample {
  readonly decision?: number;
  readonly conversation?: string;
  readonly interaction?: string;
  readonly control?: unknown;
  readonly candidate?: unknown;
}

export interface Comparison {
  readonly decisions: number;
  readonly agreed: number;
  readonly differences: readonly { readonly field: string; readonly decisions: number; readonly examples: readonly RolloutExample[] }[];
  readonly failed: number;
  readonly no_time: number;
  readonly no_room: number;
}

export interface Bounds {
  readonly after: number;
  readonly failures?: number | null;
  readonly p99?: number | null;
  readonly disagreement?: number | null;
}

export interface Breach {
  readonly bound: string;
  readonly measured: number;
  readonly allowed: number;
  readonly decisions: number;
}

export type RolloutKind = "shadow" | "canary";

export interface Rollout {
  readonly generation: number;
  readonly control: number;
  readonly kind: RolloutKind;
  /** Such as `5%`. */
  readonly share: string;
  readonly bounds: Bounds;
  readonly by: string;
  readonly since: string;
  readonly candidate_arm: Arm;
  readonly control_arm: Arm;
  readonly compared: Comparison;
  readonly breach?: Breach | null;
}

export interface EndedRollout {
  readonly generation: number;
  readonly control: number;
  readonly kind?: RolloutKind | null;
  readonly share?: string | null;
  readonly ended_at: string;
  readonly because: string;
  readonly by?: string | null;
  readonly reason?: string | null;
  readonly breach?: Breach | null;
  readonly counts?: { readonly decisions: number; readonly failed: number; readonly compared: number; readonly agreed: number } | null;
}

export interface WhatIfExample {
  readonly decision: number;
  readonly recorded?: unknown;
  readonly replayed?: unknown;
}

export interface WhatIfJob {
  readonly id: string;
  readonly state: "running" | "done" | "failed" | "cancelled";
  readonly generation: number;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly limit: number;
  readonly by: string;
  readonly started_at: string;
  readonly ended_at?: string | null;
  readonly done: number;
  readonly total?: number | null;
  readonly same: number;
  readonly different: number;
  readonly failed: number;
  readonly not_replayable: Readonly<Record<string, number>>;
  readonly recalled: number;
  readonly missed: number;
  readonly fields: Readonly<Record<string, { readonly count: number; readonly examples: readonly WhatIfExample[] }>>;
  readonly failures: Readonly<Record<string, { readonly count: number; readonly decisions: readonly number[] }>>;
  readonly problem?: { readonly title: string; readonly detail?: string | null } | null;
}

/** One decision as another generation makes it. */
export interface DecisionWhatIf {
  readonly decision: number;
  readonly generation: number;
  readonly result: string;
  readonly why?: string | null;
  readonly differences: readonly { readonly field: string; readonly recorded?: unknown; readonly replayed?: unknown }[];
  readonly recalled: number;
  readonly missed: number;
}

export interface DecisionRow {
  readonly id: number;
  readonly conversation?: string;
  readonly interaction?: string;
  readonly kind: string;
  readonly at: string;
  readonly outcome: string;
  readonly generation: number;
  readonly stages: readonly string[];
  readonly plugins: readonly string[];
  readonly transcript?: "kept" | "not-kept";
}

export interface DecisionPage {
  readonly decisions: readonly DecisionRow[];
  readonly next?: number | null;
}

export interface DecisionFilter {
  readonly since?: string | undefined;
  readonly stage?: string | undefined;
  readonly outcome?: string | undefined;
  readonly plugin?: string | undefined;
  readonly generation?: string | undefined;
  readonly conversation?: string | undefined;
  readonly contact?: string | undefined;
  readonly interaction?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly before?: string | undefined;
  readonly limit?: number | undefined;
}

export interface Micros {
  readonly queue: number;
  readonly instantiate: number;
  readonly call: number;
}

export interface HostCall {
  readonly name: string;
  readonly args?: unknown;
  readonly result?: unknown;
  readonly stopped?: string | null;
}

/** What one plugin did for a decision. */
export interface PluginPart {
  readonly stage: string;
  readonly name: string;
  readonly pack: string;
  readonly version: string;
  readonly digest: string;
  readonly settings: string;
  readonly snapshot?: string | null;
  readonly outcome: string;
  readonly problem?: { readonly kind: string; readonly detail?: string | null; readonly limit?: { readonly limit: string; readonly value: number; readonly unit: string } | null; readonly backtrace?: readonly string[] } | null;
  readonly use: number;
  readonly micros: Micros;
  readonly peak_memory: number;
  readonly memory_limit: number;
  readonly host_calls: number;
  readonly fuel?: number | null;
  readonly log?: readonly { readonly level: string; readonly message: string }[];
  readonly log_dropped?: number;
  readonly answer?: unknown;
  readonly transcript?: readonly HostCall[];
}

export interface DecisionDocument extends DecisionRow {
  readonly record: {
    readonly outcome: string;
    readonly problem?: { readonly kind: string; readonly detail?: string | null } | null;
    readonly classification?: Readonly<Record<string, unknown>> | null;
    readonly route?: Readonly<Record<string, unknown>> | null;
    readonly tone?: Readonly<Record<string, unknown>> | null;
    readonly escalation?: Readonly<Record<string, unknown>> | null;
    readonly fallbacks?: readonly { readonly stage: string; readonly rule: string; readonly plugin?: string | null; readonly because: string }[];
    readonly stamp: { readonly generation: number; readonly plugins: readonly PluginPart[] };
    readonly micros: Micros;
  };
  readonly given: Readonly<Record<string, unknown>>;
  readonly texts?: {
    readonly interaction?: Readonly<Record<string, unknown>> | null;
    readonly draft?: Readonly<Record<string, unknown>> | null;
    readonly earlier?: readonly unknown[];
    readonly elsewhere?: readonly unknown[];
  };
}

/** Result of a replay, of the decision and of each plugin's part. */
export interface ReplayReport {
  readonly result?: string;
  readonly [member: string]: unknown;
}

export interface StageStatus {
  readonly stage: string;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly times: readonly number[];
  readonly p50?: number | null;
  readonly p99?: number | null;
}

/** A breaker that is open; newer hosts say when and why. */
export interface OpenBreaker {
  readonly plugin: string;
  readonly stage: string;
  readonly since?: string | null;
  readonly why?: string | null;
  readonly outcome?: string | null;
  readonly next_trial?: string | null;
}

export interface Bypass {
  readonly stage?: string | null;
  readonly plugin?: string | null;
  readonly since: string;
  readonly until: string;
  readonly by: string;
  readonly reason?: string | null;
  readonly let_through: boolean;
}

export interface Drain {
  readonly draining: boolean;
  readonly by?: string | null;
  readonly reason?: string | null;
  readonly since?: string | null;
  readonly undecided: number;
  readonly outbox_waiting: number;
}

export interface Alert {
  readonly kind: string;
  readonly severity: string;
  readonly since: string;
  readonly what: string;
  readonly advice: string;
  readonly company?: string | null;
  readonly subject?: string | null;
}

export interface CompanyStatus {
  readonly company: string;
  readonly concerns: readonly string[];
  readonly generation: number;
  readonly since?: string | null;
  readonly draining: boolean;
  readonly breakers: readonly OpenBreaker[];
  readonly bypasses: readonly Bypass[];
  readonly rollout?: { readonly generation: number; readonly kind: RolloutKind; readonly share: string; readonly decisions: number; readonly failed: number; readonly compared: number; readonly agreed: number } | null;
  readonly stages: readonly StageStatus[];
  readonly desk?: {
    readonly undecided: number;
    readonly offers: number;
    readonly outbox_waiting: number;
    readonly outbox_dead: number;
    readonly stored_bytes: number;
    readonly stored_bytes_limit: number;
    readonly unrecorded: number;
    readonly queues: readonly { readonly id: string; readonly waiting: number; readonly oldest: number }[];
  } | null;
}

export interface HostStatus {
  readonly version: string;
  readonly started_at: string;
  readonly healthy: boolean;
  readonly load: string;
  readonly running?: number | null;
  readonly waiting?: number | null;
  readonly alerts: readonly Alert[];
  /** Upper bounds of the histograms' classes, in microseconds. */
  readonly bounds: readonly number[];
  readonly journal?: { readonly bytes: number; readonly clocks: number; readonly free_bytes?: number | null; readonly undecided: number; readonly writable: boolean } | null;
  readonly companies: readonly CompanyStatus[];
}

export interface Connection {
  readonly channel: string;
  readonly name: string;
  readonly open: boolean;
  readonly problem?: string | null;
  readonly inbound: string;
  readonly poll?: { readonly activity: string; readonly problem?: string | null; readonly next_attempt?: string | null; readonly failures: number } | null;
  readonly last_delivery?: string | null;
  readonly last_rejection?: string | null;
  readonly requests: Readonly<Record<string, number>>;
  readonly rejections: Readonly<Record<string, number>>;
  readonly broken_since?: string | null;
  readonly broken_by?: string | null;
}

export interface ConnectionTest {
  readonly works: boolean;
  readonly broken: boolean;
  readonly findings: readonly { readonly code: string; readonly text: string; readonly verdict: string }[];
}

/** A delivery of a channel that could not be decoded. */
export interface QuarantinedDelivery {
  readonly number: number;
  readonly channel: string;
  readonly connection: string;
  readonly received_at: string;
  readonly place: string;
  readonly reason: string;
  readonly bytes: number;
}

export interface OutboxItem {
  readonly key: string;
  readonly target: string;
  readonly state: string;
  readonly attempts: number;
  readonly not_before: string;
  readonly problem?: string | null;
  readonly conversation?: string | null;
}

export interface AuditAct {
  readonly number: number;
  readonly at: string;
  readonly actor: string;
  readonly act: string;
  readonly company?: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly previous: string;
  readonly hash: string;
}

export interface AuditReport {
  readonly entries: number;
  readonly head: string;
  readonly sound: boolean;
  readonly expected?: number | null;
  readonly broken?: { readonly number: number; readonly why: string } | null;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly company?: string | null;
  readonly agent?: string | null;
  readonly state: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at?: string | null;
  readonly revoked_at?: string | null;
}

export interface TokenRequest {
  readonly role: string;
  readonly company?: string;
  readonly agent?: string;
  readonly name?: string;
  readonly expires_in?: string;
  readonly never_expires?: boolean;
}
