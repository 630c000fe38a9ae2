// The what-if job that this page started or was opened for. The host remembers the last one of
// each company; the console keeps its id across pages.
const JOB_KEY = "patchbay.what-if";

/** Id of the last job of a company that was started in this browser. */
export function lastJob(company: string): string | undefined {
  return read()[company];
}

/** Keeps the id of a job. */
export function keepJob(company: string, job: string | undefined): void {
  const jobs = read();
  if (job) jobs[company] = job;
  else delete jobs[company];
  localStorage.setItem(JOB_KEY, JSON.stringify(jobs));
}

function read(): Record<string, string> {
  try {
    return (JSON.parse(localStorage.getItem(JOB_KEY) ?? "{}") ?? {}) as Record<string, string>;
  } catch {
    return {};
  }
}
