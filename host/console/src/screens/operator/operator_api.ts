// What the operator's screens ask of the host, also by operations that are newer than the
// generated types.
import { api } from "../../api/client.ts";
import { session } from "../../shell/session.svelte.ts";
import type {
  AuditAct,
  AuditReport,
  Bypass,
  Bounds,
  Connection,
  ConnectionTest,
  DecisionDocument,
  DecisionFilter,
  DecisionPage,
  DecisionWhatIf,
  Difference,
  Drain,
  EndedRollout,
  GenerationDetail,
  GenerationPage,
  HostStatus,
  OutboxItem,
  PackBundle,
  Plan,
  QuarantinedDelivery,
  ReplayReport,
  Rollout,
  RolloutKind,
  Token,
  TokenRequest,
  WhatIfJob,
} from "./operator_types.ts";

interface Loose {
  readonly path?: object;
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly timeout?: number;
  readonly urgent?: boolean;
}

type LooseCall = <T>(path: string, options: Loose) => Promise<T>;

const get: LooseCall = (path, options) => (api.get as LooseCall).call(api, path, options) as never;
const post: LooseCall = (path, options) => (api.post as LooseCall).call(api, path, options) as never;
const put: LooseCall = (path, options) => (api.put as LooseCall).call(api, path, options) as never;
const remove: LooseCall = (path, options) => (api.delete as LooseCall).call(api, path, options) as never;

/** The path fields of an operation about the company that is shown. */
function fields(more: object = {}): object {
  return { company: session.company, ...more };
}

/** Changes compile packs and run their cases: they may take long. */
const CHANGE_MS = 120_000;
const READ_MS = 60_000;
const BASE = "/v1/companies/{company}";

export interface ChangeOptions {
  readonly expected?: number | undefined;
  readonly dry_run?: boolean | undefined;
  readonly keep_only?: boolean | undefined;
  readonly moved?: Readonly<Record<string, string>> | undefined;
}

export const operatorApi = {
  generations: (signal: AbortSignal, before?: number) =>
    get<GenerationPage>(`${BASE}/generations`, { path: fields(), query: { before }, signal }),
  generation: (number: number | string, signal?: AbortSignal) =>
    get<GenerationDetail>(`${BASE}/generations/{generation}`, { path: fields({ generation: number }), ...(signal ? { signal } : {}) }),
  differences: (from: number, to: number, signal: AbortSignal) =>
    get<{ differences: Difference[] }>(`${BASE}/generations/{generation}/differences`, {
      path: fields({ generation: to }),
      query: { from },
      signal,
    }),
  apply: (body: { document: string; base?: number; packs?: Record<string, { bundle: PackBundle; code?: string }> } & ChangeOptions) =>
    post<Plan>(`${BASE}/generations`, { path: fields(), body: { ...body, ...session.by() }, timeout: CHANGE_MS }),
  activate: (number: number, how: ChangeOptions) =>
    post<Plan>(`${BASE}/generations/{generation}/activate`, {
      path: fields({ generation: number }),
      body: { ...how, ...session.by() },
      timeout: CHANGE_MS,
    }),
  rollBack: (how: ChangeOptions & { to?: number }) =>
    post<Plan>(`${BASE}/rollback`, { path: fields(), body: { ...how, ...session.by() }, timeout: CHANGE_MS }),
  deleteGeneration: (number: number) =>
    remove<{ freed_bytes: number }>(`${BASE}/generations/{generation}`, { path: fields({ generation: number }) }),

  rollout: (signal: AbortSignal) => get<Rollout>(`${BASE}/rollout`, { path: fields(), signal }),
  lastRollout: (signal: AbortSignal) => get<EndedRollout>(`${BASE}/rollout/last`, { path: fields(), signal }),
  tryGeneration: (body: { generation: number; kind: RolloutKind; share?: string; bounds?: Bounds; expected?: number | undefined }) =>
    put<Rollout>(`${BASE}/rollout`, { path: fields(), body: { ...body, ...session.by() }, timeout: CHANGE_MS }),
  promote: (how: ChangeOptions) =>
    post<Plan>(`${BASE}/rollout/promote`, { path: fields(), body: { ...how, ...session.by() }, timeout: CHANGE_MS }),
  abort: (reason: string) =>
    post<Rollout>(`${BASE}/rollout/abort`, {
      path: fields(),
      body: { ...(reason ? { reason } : {}), ...session.by() },
      timeout: CHANGE_MS,
    }),

  startWhatIf: (body: { generation: number; from?: string | undefined; to?: string | undefined; limit?: number | undefined }) =>
    post<WhatIfJob>(`${BASE}/what-if`, { path: fields(), body: { ...body, ...session.by() }, timeout: READ_MS }),
  whatIf: (job: string, signal: AbortSignal) => get<WhatIfJob>(`${BASE}/what-if/{job}`, { path: fields({ job }), signal }),
  cancelWhatIf: (job: string) => remove<WhatIfJob>(`${BASE}/what-if/{job}`, { path: fields({ job }) }),
  whatIfOne: (decision: number, generation: number) =>
    post<DecisionWhatIf>(`${BASE}/decisions/{decision}/what-if`, {
      path: fields({ decision }),
      body: { generation },
      timeout: READ_MS,
    }),

  status: (signal: AbortSignal) => get<HostStatus>("/v1/status", { query: { company: session.company }, signal }),
  bypass: (target: string, body: { for?: string; reason?: string; let_through?: boolean }) =>
    put<Bypass>(`${BASE}/bypasses/{target}`, { path: fields({ target }), body }),
  liftBypass: (target: string) => remove<unknown>(`${BASE}/bypasses/{target}`, { path: fields({ target }) }),
  drain: (signal: AbortSignal) => get<Drain>(`${BASE}/drain`, { path: fields(), signal }),
  beginDrain: (reason: string) => put<Drain>(`${BASE}/drain`, { path: fields(), body: reason ? { reason } : {} }),
  undoDrain: () => remove<Drain>(`${BASE}/drain`, { path: fields() }),
  channels: (signal: AbortSignal) => get<{ connections: Connection[] }>(`${BASE}/channels`, { path: fields(), signal }),
  retryChannel: (channel: string, connection: string) =>
    post<unknown>(`${BASE}/channels/{channel}/retry`, { path: fields({ channel }), query: { connection }, body: {}, timeout: READ_MS }),
  testConnection: (channel: string, connection: string) =>
    post<ConnectionTest>(`${BASE}/channels/{channel}/{connection}/test`, { path: fields({ channel, connection }), body: {}, timeout: READ_MS }),

  quarantine: (signal: AbortSignal) => get<{ items: QuarantinedDelivery[]; next?: number | null }>(`${BASE}/quarantine`, { path: fields(), signal }),
  retryQuarantined: (number: number) =>
    post<{ result: string }>(`${BASE}/quarantine/{number}/retry`, { path: fields({ number }), body: {}, timeout: READ_MS }),
  removeQuarantined: (number: number) => remove<unknown>(`${BASE}/quarantine/{number}`, { path: fields({ number }) }),

  outbox: (state: string, after: string | undefined, signal: AbortSignal) =>
    get<{ items: OutboxItem[]; next?: string | null }>(`${BASE}/outbox`, { path: fields(), query: { state, after }, signal }),
  retryDelivery: (key: string) => post<unknown>(`${BASE}/outbox/{key}/retry`, { path: fields({ key }), body: {} }),

  audit: (scope: "host" | "company", after: number | undefined, signal: AbortSignal) =>
    get<{ acts: AuditAct[]; next?: number | null }>(scope === "host" ? "/v1/audit" : `${BASE}/audit`, {
      ...(scope === "host" ? {} : { path: fields() }),
      query: { after },
      signal,
    }),
  verifyAudit: (expect: string) => get<AuditReport>("/v1/audit/verify", { query: { expect }, timeout: READ_MS }),

  tokens: (signal: AbortSignal) => get<{ tokens: Token[] }>("/v1/tokens", { signal }),
  createToken: (body: TokenRequest) => post<Token & { secret: string }>("/v1/tokens", { body }),
  createLink: (body: TokenRequest) => post<{ path: string; token: Token; works_until: string }>("/v1/tokens/links", { body }),
  revokeToken: (token: string) => remove<unknown>("/v1/tokens/{token}", { path: { token } }),

  decisions: (query: DecisionFilter, signal: AbortSignal) =>
    get<DecisionPage>(`${BASE}/decisions`, { path: fields(), query, signal }),
  decision: (decision: string, signal: AbortSignal) =>
    get<DecisionDocument>(`${BASE}/decisions/{decision}`, { path: fields({ decision }), signal }),
  replay: (decision: number) =>
    post<ReplayReport>(`${BASE}/decisions/{decision}/replay`, { path: fields({ decision }), body: {}, timeout: READ_MS }),
  caseOf: (decision: number, plugin?: string) =>
    get<unknown>(`${BASE}/decisions/{decision}/case`, { path: fields({ decision }), query: { plugin }, timeout: READ_MS }),
};
