// A pack from the files of its folder, for a new version of it.
import type { PackBundle } from "./operator_types.ts";

export interface PackFiles {
  readonly bundle: PackBundle;
  /** Bytes of the component in base64; absent: the host has them. */
  readonly code?: string;
}

/** A file of the folder. */
export interface PackFile {
  readonly name: string;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Why the files make no pack. */
export type PackFilesProblem = "no-manifest" | "no-schema" | "no-component";

/**
 * Makes a pack of `pack.toml`, the schema it names and, if chosen, its component (`.wasm`).
 * Without a component the stored one counts.
 */
export async function readPackFiles(files: readonly PackFile[], stored: string | undefined): Promise<PackFiles | PackFilesProblem> {
  const manifestFile = files.find(({ name }) => name === "pack.toml");
  if (!manifestFile) return "no-manifest";
  const manifest = await manifestFile.text();
  const schemaName = schemaOf(manifest);
  const schemaFile = schemaName ? files.find(({ name }) => name === fileName(schemaName)) : undefined;
  if (schemaName && !schemaFile) return "no-schema";
  const component = files.find(({ name }) => name.endsWith(".wasm"));
  if (!component && !stored) return "no-component";
  const bytes = await component?.arrayBuffer();
  const bundle: PackBundle = {
    name: nameOf(manifest) ?? "",
    manifest,
    component: bytes ? await digestOf(bytes) : (stored ?? ""),
    ...(schemaFile ? { schema: await schemaFile.text() } : {}),
  };
  return { bundle, ...(bytes ? { code: toBase64(new Uint8Array(bytes)) } : {}) };
}

/** The name in the table `[pack]` of a manifest. */
export function nameOf(manifest: string): string | undefined {
  return valueIn(manifest, "pack", "name");
}

/** Path of the settings schema that a manifest names. */
export function schemaOf(manifest: string): string | undefined {
  return valueIn(manifest, "settings", "schema");
}

function valueIn(manifest: string, table: string, key: string): string | undefined {
  let current = "";
  for (const line of manifest.split("\n")) {
    const header = /^\s*\[([^\]]+)\]/.exec(line);
    if (header) current = header[1]?.trim() ?? "";
    const value = new RegExp(`^\\s*${key}\\s*=\\s*["']([^"']*)["']`).exec(line);
    if (value && current === table) return value[1];
  }
  return undefined;
}

const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha256:${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** In pieces: a component has more bytes than a call may have arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
