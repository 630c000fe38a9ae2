// Names of the generated shapes that the operator's screens use.
import type { components, operations } from "../../api/schema.ts";
import type { SchemaNode } from "./settings_schema.ts";

type Schemas = components["schemas"];

export type Difference = Schemas["GenerationDifference"];
export type GenerationPage = Schemas["GenerationList"];
export type GenerationRow = GenerationPage["generations"][number];
/** A generation; `schemas` are JSON Schemas. */
export type GenerationDetail = Omit<Schemas["GenerationDetail"], "schemas"> & { readonly schemas: Readonly<Record<string, SchemaNode>> };
export type Plan = Schemas["PlanDocument"];
export type PackBundle = Schemas["PackBundle"];
export type ApplyRequest = Schemas["ApplyRequest"];
export type ChangeOptions = Pick<Schemas["HowDocument"], "expected" | "dry_run" | "keep_only" | "moved">;

export type Rollout = Schemas["RolloutDocument"];
export type RolloutHistory = Schemas["RolloutHistory"];
export type EndedRollout = Schemas["EndedRolloutDocument"];
export type RolloutKind = Schemas["RolloutKind"];
export type Arm = Schemas["RolloutArm"];
export type Bounds = Schemas["RolloutBounds"];

export type WhatIfJob = Schemas["WhatIfJob"];
export type DecisionWhatIf = Schemas["WhatIf"];

export type DecisionPage = Schemas["DecisionPage"];
export type DecisionRow = Schemas["DecisionSummary"];
export type DecisionFilter = NonNullable<operations["decisions"]["parameters"]["query"]>;
export type DecisionDocument = Schemas["DecisionDocument"];
export type DecisionRecord = Schemas["Decision"];
export type PluginPart = Schemas["PluginPart"];
export type Micros = Schemas["Micros"];
export type HostCall = Schemas["HostCall"];
export type ReplayReport = Schemas["ReplayReport"];

export type HostStatus = Schemas["HostStatus"];
export type CompanyStatus = HostStatus["companies"][number];
export type StageStatus = CompanyStatus["stages"][number];
export type Breaker = Schemas["BreakerList"]["breakers"][number];
export type BreakerClosing = Schemas["CloseRequest"];
export type FileCheck = Schemas["CompanyFileCheck"];
export type Bypass = Schemas["BypassDocument"];
export type Drain = Schemas["DrainDocument"];

export type Connection = Schemas["ConnectionList"]["connections"][number];
export type ConnectionTest = Schemas["ConnectionTestDocument"];
export type QuarantinedDelivery = Schemas["QuarantineList"]["items"][number];
export type OutboxItem = Schemas["OutboxList"]["items"][number];

export type AuditAct = Schemas["AuditList"]["acts"][number];
/** What narrows the audit trail; times as the API writes them. */
export interface AuditFilter {
  readonly act?: string | undefined;
  readonly actor?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly q?: string | undefined;
}
export type AuditReport = Schemas["AuditReport"];

export type Token = Schemas["TokenList"]["tokens"][number];
export type TokenRequest = Schemas["TokenRequest"];
