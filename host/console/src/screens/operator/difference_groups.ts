// Differences between two generations, in the order in which an operator reads them: packs,
// settings, queues, SLA targets, and the rest.
import type { Difference } from "./operator_types.ts";

export type GroupName = "packs" | "settings" | "plugins" | "pipeline" | "queues" | "sla" | "hours" | "people" | "channels" | "knowledge" | "desk" | "other";

export interface Change {
  /** What it is about, such as `care` or `billing`. */
  readonly subject: string;
  /** The value that changes, such as `first-response`. */
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface ChangeGroup {
  readonly name: GroupName;
  readonly changes: readonly Change[];
}

const ORDER: readonly GroupName[] = ["packs", "settings", "plugins", "pipeline", "queues", "sla", "hours", "people", "channels", "knowledge", "desk", "other"];
const SECTIONS: Record<string, GroupName> = {
  agent: "people",
  approver: "people",
  team: "people",
  channel: "channels",
  target: "channels",
  publish: "channels",
  hours: "hours",
  knowledge: "knowledge",
  desk: "desk",
  pipeline: "pipeline",
  sla: "sla",
};

/** Differences by group; empty groups are left out. */
export function groupDifferences(differences: readonly Difference[]): ChangeGroup[] {
  const groups = new Map<GroupName, Change[]>();
  for (const difference of differences) {
    const { group, subject, name } = placeOf(difference.path);
    const changes = groups.get(group) ?? [];
    changes.push({ subject, name, before: readable(difference.before), after: readable(difference.after) });
    groups.set(group, changes);
  }
  return ORDER.filter((name) => groups.has(name)).map((name) => ({ name, changes: groups.get(name) ?? [] }));
}

/** Where a path of the host belongs. */
export function placeOf(path: string): { group: GroupName; subject: string; name: string } {
  const pack = /^pack (\S+) (.*)$/.exec(path);
  if (pack) return { group: "packs", subject: pack[1] ?? "", name: pack[2] ?? "" };
  const data = /^plugin (\S+) (data .*)$/.exec(path);
  if (data) return { group: "packs", subject: data[1] ?? "", name: data[2] ?? "" };
  const article = /^article ([^.]+)\.?(.*)$/.exec(path);
  if (article) return { group: "knowledge", subject: article[1] ?? "", name: article[2] ?? "" };
  const [section = "", subject = "", ...rest] = splitPath(path);
  if (section === "plugin") {
    if (rest[0] === "pack") return { group: "packs", subject, name: "pack" };
    if (rest[0] === "settings") return { group: "settings", subject, name: rest.slice(1).join(".") };
    return { group: "plugins", subject, name: rest.join(".") };
  }
  if (section === "queue") {
    if (rest[0] === "sla") return { group: "sla", subject, name: rest.slice(1).join(".") };
    return { group: "queues", subject, name: rest.join(".") };
  }
  const group = SECTIONS[section] ?? "other";
  if (rest.length === 0) return { group, subject: section, name: subject };
  return { group, subject, name: rest.join(".") };
}

/** Parts of a path of TOML keys; a quoted part may contain dots. */
export function splitPath(path: string): string[] {
  return (path.match(/"(?:[^"\\]|\\.)*"|[^.]+/g) ?? []).map((part) => (part.startsWith('"') ? unquote(part) : part));
}

/** The elements by which two JSON lists differ; undefined if one is no list. */
export function listChanges(before: string | undefined, after: string | undefined): { removed: string[]; added: string[] } | undefined {
  const [old, next] = [readList(before), readList(after)];
  if (!old || !next) return undefined;
  const [oldSet, nextSet] = [new Set(old), new Set(next)];
  return { removed: old.filter((one) => !nextSet.has(one)), added: next.filter((one) => !oldSet.has(one)) };
}

/** Names of the queues that a company file defines. */
export function queueNames(document: string): string[] {
  return tableNames(document, "queue");
}

/** Names of the tables below a section of a company file, such as its plugins. */
export function tableNames(document: string, section: string): string[] {
  const header = new RegExp(`^\\s*\\[${section}\\.("(?:[^"\\\\]|\\\\.)*"|[^\\].]+)`, "gm");
  const names = [...document.matchAll(header)].map(([, name = ""]) => (name.startsWith('"') ? unquote(name) : name));
  return [...new Set(names)];
}

function readable(value: string | null | undefined): string | undefined {
  return value?.startsWith('"') ? unquote(value) : (value ?? undefined);
}

function unquote(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}

function readList(text: string | undefined): string[] | undefined {
  if (!text?.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    return value.map((one: unknown) => (typeof one === "string" ? one : JSON.stringify(one)));
  } catch {
    return undefined;
  }
}
