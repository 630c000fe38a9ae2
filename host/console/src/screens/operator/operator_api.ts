// The operations that the operator's screens use, about the company that is shown.
import { api } from "../../api/client.ts";
import { session } from "../../shell/session.svelte.ts";
import type {
  ApplyRequest,
  AuditFilter,
  Bounds,
  BreakerClosing,
  ChangeOptions,
  DecisionFilter,
  GenerationDetail,
  RolloutKind,
  TokenRequest,
} from "./operator_types.ts";

export type { ChangeOptions };

/** The path fields of an operation about the company that is shown. */
function fields<T extends object>(more?: T): { company: string } & T {
  return { company: session.company, ...(more as T) };
}

/** Leaves out what is not set: the types tell an absent value from an undefined one. */
type Loose<T> = { [K in keyof T]?: T[K] | undefined };
function given<T extends object>(values: Loose<T>): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

/** Changes compile packs and run their cases: they may take long. */
const CHANGE_MS = 120_000;
const READ_MS = 60_000;

export const operatorApi = {
  generations: (signal: AbortSignal, before?: number) =>
    api.get("/v1/companies/{company}/generations", { path: fields(), query: given({ before }), signal }),
  generation: (number: number | string, signal?: AbortSignal) =>
    api.get("/v1/companies/{company}/generations/{generation}", {
      path: fields({ generation: Number(number) }),
      signal,
    }) as Promise<GenerationDetail>,
  differences: (from: number, to: number, signal: AbortSignal) =>
    api.get("/v1/companies/{company}/generations/{generation}/differences", { path: fields({ generation: to }), query: { from }, signal }),
  apply: (body: ApplyRequest) =>
    api.post("/v1/companies/{company}/generations", { path: fields(), body: { ...body, ...session.by() }, timeout: CHANGE_MS }),
  activate: (number: number, how: ChangeOptions) =>
    api.post("/v1/companies/{company}/generations/{generation}/activate", {
      path: fields({ generation: number }),
      body: { ...how, ...session.by() },
      timeout: CHANGE_MS,
    }),
  rollBack: (how: ChangeOptions & { to?: number }) =>
    api.post("/v1/companies/{company}/rollback", { path: fields(), body: { ...how, ...session.by() }, timeout: CHANGE_MS }),
  deleteGeneration: (number: number) =>
    api.delete("/v1/companies/{company}/generations/{generation}", { path: fields({ generation: number }) }),

  rollout: (signal: AbortSignal) => api.get("/v1/companies/{company}/rollout", { path: fields(), signal }),
  rolloutHistory: (before: number | undefined, signal: AbortSignal) =>
    api.get("/v1/companies/{company}/rollout/history", { path: fields(), query: given({ before }), signal }),
  tryGeneration: (body: { generation: number; kind: RolloutKind; share?: string; bounds?: Bounds; expected?: number | undefined }) =>
    api.put("/v1/companies/{company}/rollout", { path: fields(), body: { ...given<typeof body>(body), ...session.by() }, timeout: CHANGE_MS }),
  promote: (how: ChangeOptions) =>
    api.post("/v1/companies/{company}/rollout/promote", { path: fields(), body: { ...how, ...session.by() }, timeout: CHANGE_MS }),
  abort: (reason: string) =>
    api.post("/v1/companies/{company}/rollout/abort", { path: fields(), body: { ...(reason ? { reason } : {}), ...session.by() }, timeout: CHANGE_MS }),

  startWhatIf: (body: { generation: number; from?: string | undefined; to?: string | undefined; limit?: number | undefined }) =>
    api.post("/v1/companies/{company}/what-if", { path: fields(), body: { ...given<typeof body>(body), ...session.by() }, timeout: READ_MS }),
  whatIf: (job: string, signal: AbortSignal) => api.get("/v1/companies/{company}/what-if/{job}", { path: fields({ job }), signal }),
  cancelWhatIf: (job: string) => api.delete("/v1/companies/{company}/what-if/{job}", { path: fields({ job }) }),
  whatIfOne: (decision: number, generation: number) =>
    api.post("/v1/companies/{company}/decisions/{decision}/what-if", { path: fields({ decision }), body: { generation }, timeout: READ_MS }),

  status: (signal: AbortSignal) => api.get("/v1/status", { query: { company: session.company }, signal }),
  bypass: (target: string, body: { for?: string; reason?: string; let_through?: boolean }) =>
    api.put("/v1/companies/{company}/bypasses/{target}", { path: fields({ target }), body }),
  breakers: (signal: AbortSignal) => api.get("/v1/companies/{company}/breakers", { path: fields(), signal }),
  closeBreaker: (plugin: string, body: BreakerClosing) =>
    api.post("/v1/companies/{company}/breakers/{plugin}/close", { path: fields({ plugin }), body }),
  validateFile: (document: string, signal: AbortSignal) =>
    api.post("/v1/companies/{company}/generations/validate", { path: fields(), body: { document }, signal }),
  liftBypass: (target: string) => api.delete("/v1/companies/{company}/bypasses/{target}", { path: fields({ target }) }),
  drain: (signal: AbortSignal) => api.get("/v1/companies/{company}/drain", { path: fields(), signal }),
  beginDrain: (reason: string) => api.put("/v1/companies/{company}/drain", { path: fields(), body: reason ? { reason } : {} }),
  undoDrain: () => api.delete("/v1/companies/{company}/drain", { path: fields() }),
  channels: (signal: AbortSignal) => api.get("/v1/companies/{company}/channels", { path: fields(), signal }),
  retryChannel: (channel: string, connection: string) =>
    api.post("/v1/companies/{company}/channels/{channel}/retry", { path: fields({ channel }), query: { connection }, body: {}, timeout: READ_MS }),
  testConnection: (channel: string, connection: string) =>
    api.post("/v1/companies/{company}/channels/{channel}/{connection}/test", { path: fields({ channel, connection }), body: {}, timeout: READ_MS }),

  quarantine: (signal: AbortSignal) => api.get("/v1/companies/{company}/quarantine", { path: fields(), signal }),
  retryQuarantined: (number: number) =>
    api.post("/v1/companies/{company}/quarantine/{number}/retry", { path: fields({ number }), body: {}, timeout: READ_MS }),
  removeQuarantined: (number: number) => api.delete("/v1/companies/{company}/quarantine/{number}", { path: fields({ number }) }),

  outbox: (state: string, after: string | undefined, signal: AbortSignal) =>
    api.get("/v1/companies/{company}/outbox", { path: fields(), query: given({ state: state as "dead", after }), signal }),
  retryDelivery: (key: string) => api.post("/v1/companies/{company}/outbox/{key}/retry", { path: fields({ key }), body: {} }),

  audit: (scope: "host" | "company", filter: AuditFilter, before: number | undefined, signal: AbortSignal) =>
    scope === "host"
      ? api.get("/v1/audit", { query: given({ ...filter, before }), signal })
      : api.get("/v1/companies/{company}/audit", { path: fields(), query: given({ ...filter, before }), signal }),
  verifyAudit: (expect: string) => api.get("/v1/audit/verify", { query: { expect }, timeout: READ_MS }),

  tokens: (signal: AbortSignal) => api.get("/v1/tokens", { signal }),
  createToken: (body: TokenRequest) => api.post("/v1/tokens", { body }),
  createLink: (body: TokenRequest) => api.post("/v1/tokens/links", { body }),
  revokeToken: (token: string) => api.delete("/v1/tokens/{token}", { path: { token } }),

  decisions: (query: DecisionFilter, signal: AbortSignal) =>
    api.get("/v1/companies/{company}/decisions", { path: fields(), query, signal }),
  decision: (decision: string, signal: AbortSignal) =>
    api.get("/v1/companies/{company}/decisions/{decision}", { path: fields({ decision: Number(decision) }), signal }),
  replay: (decision: number) =>
    api.post("/v1/companies/{company}/decisions/{decision}/replay", { path: fields({ decision }), body: {}, timeout: READ_MS }),
  caseOf: (decision: number, plugin?: string) =>
    api.get("/v1/companies/{company}/decisions/{decision}/case", { path: fields({ decision }), query: given({ plugin }), timeout: READ_MS }),
};
