// What the console reads of an OpenAPI document.

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly description?: string;
}

interface OperationDocument {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string; readonly required?: boolean; readonly schema?: Schema }[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
  readonly "x-roles"?: Readonly<Record<string, string>>;
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationDocument>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** One operation, with its place. */
export interface Operation extends OperationDocument {
  readonly path: string;
  readonly method: string;
  readonly tag: string;
}

/** All operations, by group and path. */
export function listOperations(document: OpenApiDocument): Operation[] {
  const methods = ["get", "post", "put", "patch", "delete"];
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ ...operation, path, method: method.toUpperCase(), tag: operation.tags?.[0] ?? "" }] : [];
    }),
  );
  return operations.sort((a, b) => a.tag.localeCompare(b.tag) || a.path.localeCompare(b.path));
}

/** The answers of an operation, by status. */
export function answersOf(operation: Operation): [string, Content][] {
  return Object.entries(operation.responses ?? {});
}

/** Name of the schema that a reference points to. */
export function refName(schema: Schema): string | undefined {
  return schema.$ref?.split("/").at(-1);
}

/** A schema without references at its top, its parts merged. */
export function resolve(schema: Schema, document: OpenApiDocument, depth = 0): Schema {
  if (depth > 8) return schema;
  const name = refName(schema);
  const target = name ? document.components?.schemas?.[name] : undefined;
  if (target) return { ...resolve(target, document, depth + 1), ...(schema.description ? { description: schema.description } : {}) };
  if (schema.allOf) {
    const parts = schema.allOf.map((part) => resolve(part, document, depth + 1));
    return {
      ...schema,
      properties: Object.assign({}, ...parts.map(({ properties }) => properties ?? {})) as Record<string, Schema>,
      required: parts.flatMap(({ required }) => required ?? []),
    };
  }
  return schema;
}

/** The parts of a choice that are not null. */
export function choices(schema: Schema): readonly Schema[] {
  return (schema.oneOf ?? schema.anyOf ?? []).filter(({ type }) => type !== "null");
}

/** A value of a schema, for an example: required fields only. */
export function exampleOf(schema: Schema, document: OpenApiDocument, depth = 0): unknown {
  const whole = resolve(schema, document);
  if (whole.enum?.length) return whole.enum[0];
  const [choice] = choices(whole);
  if (choice) return exampleOf(choice, document, depth);
  const types = Array.isArray(whole.type) ? (whole.type as readonly string[]) : [whole.type as string | undefined];
  if (whole.properties || types.includes("object")) {
    if (depth > 4) return {};
    const required = (whole.required ?? []).map((name) => [name, exampleOf(whole.properties?.[name] ?? {}, document, depth + 1)]);
    return Object.fromEntries(required);
  }
  if (types.includes("array")) return [];
  if (types.includes("integer") || types.includes("number")) return whole.minimum ?? 0;
  return types.includes("boolean") ? false : "…";
}
