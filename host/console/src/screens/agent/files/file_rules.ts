// What a channel takes of files, and names that every computer can store.
import type { FileRules } from "../../../api/shapes.ts";

/** Why a file is not uploaded. */
export type FileRefusal =
  | { readonly kind: "count"; readonly limit: number }
  | { readonly kind: "type"; readonly endings: readonly string[] }
  | { readonly kind: "size" | "total"; readonly limit: number }
  | { readonly kind: "empty" };

interface Sized {
  readonly name: string;
  readonly size: number;
}

/** The first reason why a channel does not take a further file; the host checks again. */
export function refuseFile(rules: FileRules, others: readonly Sized[], file: Sized): FileRefusal | undefined {
  if (others.length >= rules.count) return { kind: "count", limit: rules.count };
  if (file.size === 0) return { kind: "empty" };
  const ending = file.name.includes(".") ? file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase() : "";
  const type = rules.types.find((it) => it.extensions.includes(ending));
  if (!type) return { kind: "type", endings: rules.types.map((it) => it.extensions[0] ?? "") };
  if (file.size > type.bytes) return { kind: "size", limit: type.bytes };
  const total = others.reduce((sum, it) => sum + it.size, file.size);
  return total > rules.total_bytes ? { kind: "total", limit: rules.total_bytes } : undefined;
}

/** A name without characters that the host refuses. */
export function cleanName(name: string): string {
  const clean = name
    .normalize("NFC")
    .replace(/[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\u3164\ufeff\u{e0000}-\u{e007f}]/gu, "")
    .replace(/[/\\:*?"<>|]/gu, "_")
    .replace(/^[.\s]+|[.\s]+$/gu, "")
    // Windows takes these, with any ending, for a device.
    .replace(/^(con|prn|aux|nul|com\d|lpt\d)(?=\s*(\.|$))/iu, "_$1");
  return clean || "file";
}
