// The type of a policy's settings in TypeScript, from their JSON Schema.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { BuildProblem } from "./problem.js";

const SCHEMA = "settings.schema.json";
const TYPE = "src/settings.ts";
const HEADER = `// Generated from ${SCHEMA} by \`npx patchbay-sdk types\`. Do not edit.\n`;

/**
 * Writes the type of the settings of a policy.
 *
 * @param {string} directory
 * @returns {Promise<string>} The file.
 */
export async function writeSettingsType(directory) {
  const text = await settingsType(directory);
  if (text === undefined) throw new BuildProblem(`${join(directory, SCHEMA)} does not exist`);
  await mkdir(join(directory, "src"), { recursive: true });
  await writeFile(join(directory, TYPE), text);
  return TYPE;
}

/**
 * Checks that the type is that of the schema, where it was generated.
 *
 * @param {string} directory
 */
export async function checkSettingsType(directory) {
  const found = await readFile(join(directory, TYPE), "utf8").catch(() => "");
  if (!found.startsWith(HEADER.slice(0, 20))) return;
  if (found !== (await settingsType(directory))) {
    throw new BuildProblem(`${TYPE} is not the type of ${SCHEMA}; write it again with \`npx patchbay-sdk types\``);
  }
}

/** @param {string} directory */
async function settingsType(directory) {
  const text = await readFile(join(directory, SCHEMA), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return typeOfSchema(JSON.parse(text));
  } catch (error) {
    throw new BuildProblem(`${SCHEMA}: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * The declarations for a schema.
 *
 * @param {any} schema
 * @returns {string}
 */
export function typeOfSchema(schema) {
  const defined = { ...schema.definitions, ...schema.$defs };
  const parts = Object.entries(defined).map(([name, one]) => declaration(pascal(name), one));
  return `${HEADER}\n${[declaration("Settings", schema), ...parts].join("\n")}`;
}

/**
 * @param {string} name
 * @param {any} schema
 */
function declaration(name, schema) {
  const comment = commentOf(schema, "");
  const isObject = schema.properties && !schema.additionalProperties;
  return isObject
    ? `${comment}export interface ${name} ${typeOf(schema, "")}\n`
    : `${comment}export type ${name} = ${typeOf(schema, "")};\n`;
}

/**
 * A type. What has no counterpart in TypeScript, such as a range, is left to the host, which checks
 * settings before a policy gets them.
 *
 * @param {any} schema
 * @param {string} indent
 * @returns {string}
 */
function typeOf(schema, indent) {
  if (schema === true || schema === undefined || Object.keys(schema).length === 0) return "unknown";
  if (schema === false) return "never";
  if (schema.$ref) return refersTo(schema.$ref);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {any} */ one) => JSON.stringify(one)).join(" | ");
  const union = schema.anyOf ?? schema.oneOf;
  if (union) return union.map((/** @type {any} */ one) => typeOf(one, indent)).join(" | ");
  if (schema.allOf) return schema.allOf.map((/** @type {any} */ one) => typeOf(one, indent)).join(" & ");
  const types = [schema.type ?? (schema.properties ? "object" : "unknown")].flat();
  return types.map((type) => plainType(type, schema, indent)).join(" | ");
}

/**
 * @param {string} type
 * @param {any} schema
 * @param {string} indent
 */
function plainType(type, schema, indent) {
  switch (type) {
    case "integer":
    case "number":
      return "number";
    case "array": {
      if (schema.prefixItems) {
        return `[${schema.prefixItems.map((/** @type {any} */ one) => typeOf(one, indent)).join(", ")}]`;
      }
      const items = typeOf(schema.items, indent);
      return /[ |&{]/.test(items) ? `Array<${items}>` : `${items}[]`;
    }
    case "object":
      return objectType(schema, indent);
    default:
      return type;
  }
}

/**
 * @param {any} schema
 * @param {string} indent
 */
function objectType(schema, indent) {
  const inner = `${indent}  `;
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties ?? {}).map(([name, one]) => {
    // The host fills defaults in.
    const mark = required.has(name) || "default" in /** @type {any} */ (one) ? "" : "?";
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${commentOf(one, inner)}${inner}${key}${mark}: ${typeOf(one, inner)};\n`;
  });
  const other = schema.additionalProperties;
  if (fields.length === 0) return other === false ? "Record<string, never>" : `Record<string, ${typeOf(other, indent)}>`;
  const map = other && other !== true ? ` & Record<string, ${typeOf(other, indent)}>` : "";
  return `{\n${fields.join("")}${indent}}${map}`;
}

/** @param {string} reference */
function refersTo(reference) {
  const match = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference);
  if (reference === "#") return "Settings";
  if (!match) throw new Error(`the generator of types does not know the reference ${reference}`);
  return pascal(match[1]);
}

/**
 * @param {any} schema
 * @param {string} indent
 */
function commentOf(schema, indent) {
  if (!schema?.description) return "";
  const text = schema.description.replaceAll("*/", "*\\/").split("\n");
  if (text.length === 1) return `${indent}/** ${text[0]} */\n`;
  return `${indent}/**\n${text.map((/** @type {string} */ line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** @param {string} name */
function pascal(name) {
  const words = name.split(/[^A-Za-z0-9]+/).filter(Boolean);
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join("");
}
