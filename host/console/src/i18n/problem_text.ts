import { type ApiProblem, toProblem } from "../api/problem.ts";
import type { CommonTexts } from "./common.ts";

/** What a person reads about a failed request: in their language, with the host's detail. */
export function problemText(error: unknown, texts: CommonTexts): string {
  const problem: ApiProblem = toProblem(error);
  const known = texts.problem[problem.kind];
  const { title, detail, field } = problem.document;
  const place = field ? `${field}: ` : "";
  if (known && !detail) return known;
  return [known ?? `${title}.`, detail ? `${place}${detail}` : ""].filter(Boolean).join(" ");
}
