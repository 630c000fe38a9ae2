import { ApiProblem } from "../../api/problem.ts";

/** What is wrong in a form, before the host is asked. */
export function formProblem(title: string): ApiProblem {
  return new ApiProblem({ type: "/problems/form", title, status: 0 });
}
