import { ApiProblem } from "../../api/problem.ts";

let isSupported = true;

/**
 * Runs a request with the number of the newest entry that its author saw; without it on a host
 * that does not know the field.
 */
export async function withExpected<T>(sequence: number | undefined, send: (expected: { expected?: number }) => Promise<T>): Promise<T> {
  if (!isSupported || sequence === undefined) return send({});
  try {
    return await send({ expected: sequence });
  } catch (error) {
    const isUnknown = error instanceof ApiProblem && error.status === 422 && error.document.field === "expected" && /unknown field/.test(error.document.detail ?? "");
    if (!isUnknown) throw error;
    isSupported = false;
    return send({});
  }
}

/** Whether the host refuses what was written before the newest entry. */
export function supportsExpected(): boolean {
  return isSupported;
}
