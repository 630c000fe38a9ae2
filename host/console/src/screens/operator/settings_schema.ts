// The settings schema of a pack, as far as a form needs it.
import type { TomlTable, TomlValue } from "./toml_document.ts";

export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly "x-patchbay-ref"?: string;
  readonly [member: string]: unknown;
}

export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "reference" | "texts" | "references" | "map" | "group" | "json";

export interface FieldForm {
  readonly kind: FieldKind;
  readonly schema: SchemaNode;
  /** Values to choose from. */
  readonly choices?: readonly { readonly value: string; readonly hint?: string }[];
  /** Kind of thing that is referred to, such as `queue`. */
  readonly reference?: string;
}

/** Follows `$ref`, and takes the one form of a value that may also be null. */
export function resolve(node: SchemaNode, root: SchemaNode): SchemaNode {
  let found = node;
  for (let depth = 0; depth < 8; depth += 1) {
    const name = found.$ref?.startsWith("#/$defs/") ? found.$ref.slice("#/$defs/".length) : undefined;
    if (name !== undefined) {
      const { $ref: _, ...own } = found;
      found = { ...(root.$defs?.[name] ?? {}), ...own };
      continue;
    }
    const forms = (found.anyOf ?? []).filter((form) => form.type !== "null");
    if (found.anyOf && forms.length === 1 && forms[0]) {
      const { anyOf: _, ...own } = found;
      found = { ...forms[0], ...own };
      continue;
    }
    break;
  }
  return found;
}

/** Which field of a form a setting has. */
export function formOf(node: SchemaNode, root: SchemaNode): FieldForm {
  const schema = resolve(node, root);
  const reference = schema["x-patchbay-ref"];
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((type) => type !== "null");
  const constants = (schema.oneOf ?? schema.anyOf ?? []).filter((form) => typeof form.const === "string");
  if (constants.length > 0 && constants.length === (schema.oneOf ?? schema.anyOf)?.length) {
    const choices = constants.map((form) => ({ value: String(form.const), ...(form.description ? { hint: form.description } : {}) }));
    return { kind: "choice", schema, choices };
  }
  if (schema.enum?.every((value) => typeof value === "string")) return { kind: "choice", schema, choices: schema.enum.map((value) => ({ value: String(value) })) };
  if (reference && types[0] === "string") return { kind: "reference", schema, reference };
  switch (types.length === 1 ? types[0] : undefined) {
    case "string":
      return { kind: "text", schema };
    case "number":
      return { kind: "number", schema };
    case "integer":
      return { kind: "integer", schema };
    case "boolean":
      return { kind: "boolean", schema };
    case "array": {
      const items = schema.items ? resolve(schema.items, root) : undefined;
      if (items?.type === "string" && items["x-patchbay-ref"]) return { kind: "references", schema, reference: items["x-patchbay-ref"] };
      return items?.type === "string" ? { kind: "texts", schema } : { kind: "json", schema };
    }
    case "object":
      if (schema.properties) return { kind: "group", schema };
      return typeof schema.additionalProperties === "object" ? { kind: "map", schema } : { kind: "json", schema };
    default:
      return { kind: "json", schema };
  }
}

/** The beginning of a new value of a field. */
export function emptyValue(form: FieldForm): TomlValue {
  switch (form.kind) {
    case "number":
    case "integer":
      return typeof form.schema.minimum === "number" ? form.schema.minimum : 0;
    case "boolean":
      return false;
    case "texts":
    case "references":
      return [];
    case "map":
    case "group":
      return {};
    case "choice":
      return form.choices?.[0]?.value ?? "";
    case "json":
      return form.schema.type === "array" ? [] : {};
    default:
      return "";
  }
}

/** Names that a reference may have, from the company file. */
export function referenceNames(kind: string, document: TomlTable): string[] {
  const keys = (name: string): string[] => {
    const table = document[name];
    return typeof table === "object" && !Array.isArray(table) ? Object.keys(table) : [];
  };
  switch (kind) {
    case "queue":
    case "agent":
    case "target":
    case "hours":
    case "channel":
      return keys(kind);
    case "team":
    case "skill": {
      const agents = Object.values(typeof document.agent === "object" && !Array.isArray(document.agent) ? document.agent : {});
      const found = agents.flatMap((agent): string[] => {
        if (typeof agent !== "object" || Array.isArray(agent)) return [];
        if (kind === "team") return Array.isArray(agent.teams) ? agent.teams.map(String) : [];
        return typeof agent.skills === "object" && !Array.isArray(agent.skills) ? Object.keys(agent.skills) : [];
      });
      return [...new Set(found)].toSorted();
    }
    default:
      return [];
  }
}

/** A schema that was chosen as a file; undefined if it is none. */
export function readSchema(text: string): SchemaNode | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isSchema = typeof value === "object" && value !== null && typeof (value as SchemaNode).properties === "object";
    return isSchema ? (value as SchemaNode) : undefined;
  } catch {
    return undefined;
  }
}
