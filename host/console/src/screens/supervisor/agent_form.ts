// The entry of an agent in the roster, as a form has it.
import type { Agent, RosterFields } from "../../api/shapes.ts";

/** One skill of a form. */
export interface SkillField {
  name: string;
  /** 1 (learning) to 5 (expert). */
  level: number;
}

/** The fields of a form. */
export interface AgentForm {
  id: string;
  name: string;
  skills: SkillField[];
  languages: string;
  /** Empty: every queue whose skills the agent meets. */
  queues: string[];
  teams: string;
  site: string;
  capacity: number | null;
}

/** What is wrong with a form, by field. */
export type FormProblem = "id" | "id-taken" | "skill-name" | "skill-twice" | "capacity" | "languages";

/** Fields of the roster that the form does not have: they stay as they are. */
const KEPT = ["channel_capacity", "queue_capacity"] as const;
const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

const split = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];

/** The form of an agent, or of a new one. */
export function toForm(agent: Agent | undefined): AgentForm {
  return {
    id: agent?.id ?? "",
    name: agent?.name ?? "",
    skills: Object.entries(agent?.skills ?? {}).map(([name, level]) => ({ name, level })),
    languages: (agent?.languages ?? []).join(", "),
    queues: [...(agent?.queues ?? [])],
    teams: (agent?.teams ?? []).join(", "),
    site: agent?.site ?? "",
    capacity: agent?.capacity ?? 100,
  };
}

/** What is wrong with a form; `taken` are the ids that others have. */
export function checkForm(form: AgentForm, taken: readonly string[]): FormProblem[] {
  const problems: FormProblem[] = [];
  const id = form.id.trim();
  if (id === "" || /\s/.test(id)) problems.push("id");
  else if (taken.includes(id)) problems.push("id-taken");
  const names = form.skills.map(({ name }) => name.trim());
  if (names.includes("")) problems.push("skill-name");
  if (new Set(names).size < names.length) problems.push("skill-twice");
  if (split(form.languages).some((tag) => !LANGUAGE.test(tag))) problems.push("languages");
  if (form.capacity === null || !Number.isInteger(form.capacity) || form.capacity < 0) problems.push("capacity");
  return problems;
}

/** The body of the request: the whole entry, as the host replaces it. */
export function toEntry(form: AgentForm, before: Agent | undefined): RosterFields {
  const entry: RosterFields = {
    skills: Object.fromEntries(form.skills.map(({ name, level }) => [name.trim(), level])),
    languages: split(form.languages),
    queues: form.queues,
    teams: split(form.teams),
    ...(form.capacity === null ? {} : { capacity: form.capacity }),
  };
  if (form.name.trim()) entry.name = form.name.trim();
  if (form.site.trim()) entry.site = form.site.trim();
  const kept = Object.fromEntries(KEPT.flatMap((name) => (before?.[name] === undefined ? [] : [[name, before[name]]])));
  return { ...entry, ...kept };
}
