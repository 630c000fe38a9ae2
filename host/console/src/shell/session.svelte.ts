// Who uses the console, in which company and role.
import type { Me } from "../api/shapes.ts";
import { api } from "../api/client.ts";
import { type ApiProblem, toProblem } from "../api/problem.ts";
import { serverClock } from "../api/server_clock.ts";
import { router } from "./router.svelte.ts";
import type { SessionEnds } from "./session_end.ts";
import { ticker } from "./ticker.svelte.ts";

export type Role = "agent" | "supervisor" | "operator" | "integrator" | "auditor";
/** A group of screens. */
export type Area = "agent" | "supervisor" | "operator" | "integrator";

export const ROLES: readonly Role[] = ["agent", "supervisor", "operator", "integrator", "auditor"];

/** The groups of screens of each role, the first one first. */
const AREAS: Record<Role, readonly Area[]> = {
  agent: ["agent"],
  supervisor: ["supervisor"],
  operator: ["operator", "supervisor", "integrator"],
  integrator: ["integrator"],
  auditor: ["operator", "supervisor"],
};

/** How a person acts on a host without tokens. */
export interface LocalIdentity {
  readonly company: string;
  readonly role: Role;
  /** Id of the agent, or the name under which the person acts. */
  readonly name: string;
}

/** What the console knows of its person. */
export type Phase = "starting" | "unreachable" | "signed-out" | "choosing" | "ready";

const LOCAL_KEY = "patchbay.local-identity";
const COMPANY_KEY = "patchbay.company";

class Session {
  #phase = $state<Phase>("starting");
  #me = $state.raw<Me | undefined>();
  #identity = $state.raw<LocalIdentity | undefined>();
  #problem = $state.raw<ApiProblem | undefined>();
  /** Whether the session ended under an open page: the page stays, and sign-in lies over it. */
  #interrupted = $state(false);
  /** Whether the person signed out, and the page is about to close. */
  isLeaving = false;
  #ends = $state.raw<SessionEnds>({ idle: undefined, last: undefined });
  readonly #channel = new BroadcastChannel("patchbay-session");

  constructor() {
    api.onSignedOut = () => this.interrupt();
    this.#channel.onmessage = ({ data }) => {
      if (data === "out") {
        this.isLeaving = true;
        location.reload();
      }
      if (data === "in" && this.#interrupted) void this.start();
      if (typeof data === "object" && this.#me?.session) this.#ends = data as SessionEnds;
    };
  }

  get phase(): Phase {
    return this.#phase;
  }
  get interrupted(): boolean {
    return this.#interrupted;
  }
  get problem(): ApiProblem | undefined {
    return this.#problem;
  }
  get me(): Me {
    if (!this.#me) throw new Error("nobody is signed in");
    return this.#me;
  }
  get companies(): Me["companies"] {
    return this.#me?.companies ?? [];
  }
  get company(): string {
    return this.#identity?.company ?? "";
  }
  get role(): Role {
    return this.#identity?.role ?? "agent";
  }
  /** The agent as whom the person acts; undefined for other roles. */
  get agent(): string | undefined {
    return this.role === "agent" ? this.#identity?.name : undefined;
  }
  /** Name under which the person acts. */
  get name(): string {
    return this.#identity?.name ?? "";
  }
  /** When the session ends, by the clock of the host's machine. */
  get ends(): SessionEnds {
    return this.#ends;
  }
  get isLocal(): boolean {
    return this.#me?.local ?? false;
  }
  get areas(): readonly Area[] {
    return AREAS[this.role];
  }
  /** Whether the person oversees agents: may act on conversations of others. */
  get isSupervisor(): boolean {
    return this.role === "supervisor" || this.role === "operator";
  }
  /** Tells one person's data in this browser from another's. */
  get owner(): string {
    return `${this.#me?.id ?? ""}/${this.name}`;
  }

  /** The host says that nobody is signed in any more: the page stays, and asks to sign in again. */
  interrupt(): void {
    if (this.#phase === "ready" && !this.#me?.local) this.#interrupted = true;
  }

  /** Whether the person may call an operation of the API. */
  can(operation: string): boolean {
    return this.#me?.operations.includes(operation) ?? false;
  }

  /** What a request body says about who acts: nothing where the session says it. */
  actor(): { by?: string; role?: "agent" | "supervisor" } {
    if (!this.isLocal) return {};
    return { by: this.name, role: this.role === "agent" ? "agent" : "supervisor" };
  }

  /** As `actor`, for bodies without a role. */
  by(): { by?: string } {
    return this.isLocal ? { by: this.name } : {};
  }

  /** Asks the host who the person is. */
  async start(): Promise<void> {
    this.#problem = undefined;
    try {
      this.#enter(await api.get("/v1/me"));
      // After a sign-in by the issuer, whose page this one came from, pages that wait go on.
      if (this.#me?.session) this.#channel.postMessage("in");
    } catch (error) {
      const problem = toProblem(error);
      this.#problem = problem.status === 401 ? undefined : problem;
      if (this.#phase !== "ready") this.#phase = problem.status === 401 ? "signed-out" : "unreachable";
    }
  }

  /** Signs in with a token or the code of a one-time link. */
  async signIn(proof: { token: string } | { code: string }): Promise<void> {
    const me = await api.post("/v1/session", { body: proof as { token?: string; code?: string } });
    this.#enter(me);
    this.#channel.postMessage("in");
  }

  /** The person does something: the session lasts for its idle time from now, in all tabs. */
  async keep(): Promise<void> {
    if (!this.#me?.session) return;
    const { idle_ends_at, expires_at } = await api.put("/v1/session");
    this.#ends = { idle: Date.parse(idle_ends_at), last: Date.parse(expires_at) };
    this.#channel.postMessage(this.#ends);
  }

  /** Acts as this person, on a host without tokens. */
  chooseLocal(identity: LocalIdentity): void {
    localStorage.setItem(LOCAL_KEY, JSON.stringify(identity));
    this.#identity = identity;
    this.#phase = "ready";
  }

  /** Chooses another company, for a person who sees several. */
  chooseCompany(company: string): void {
    localStorage.setItem(COMPANY_KEY, company);
    if (this.#identity) this.#identity = { ...this.#identity, company };
  }

  /** Asks again in which role to act, on a host without tokens. */
  forgetLocal(): void {
    localStorage.removeItem(LOCAL_KEY);
    this.#identity = undefined;
    this.#phase = "choosing";
  }

  /** Signs out; `clear` deletes what is the person's in this browser, once the host has ended the session. */
  async signOut(everywhere: boolean, clear: () => Promise<void>): Promise<void> {
    await api.delete("/v1/session", { query: everywhere ? { everywhere } : {} });
    this.isLeaving = true;
    await clear();
    this.#channel.postMessage("out");
    location.reload();
  }

  #enter(me: Me): void {
    serverClock.observeHost(me.now);
    ticker.refresh();
    this.#me = me;
    const time = (text: string | null | undefined): number | undefined => (text ? Date.parse(text) : undefined);
    this.#ends = { idle: time(me.idle_ends_at), last: time(me.expires_at) };
    this.#interrupted = false;
    if (me.local) {
      const identity = readLinkedIdentity() ?? readLocalIdentity();
      const isKnown = me.companies.some(({ name }) => name === identity?.company);
      this.#identity = isKnown ? identity : undefined;
      this.#phase = isKnown ? "ready" : "choosing";
      return;
    }
    const wanted = localStorage.getItem(COMPANY_KEY);
    const seen = me.companies.map(({ name }) => name);
    const company = me.company ?? (wanted && seen.includes(wanted) ? wanted : (seen[0] ?? ""));
    const role = (me.role ?? "auditor") as Role;
    this.#identity = { company, role, name: me.agent ?? me.name ?? me.id };
    this.#phase = "ready";
  }
}

/**
 * The identity that an address names, as `#/?company=northwind&role=agent&agent=ana`: a demo can
 * lead its visitors straight to a screen. It is left out of the address then.
 */
function readLinkedIdentity(): LocalIdentity | undefined {
  const { company, role, agent, ...query } = router.query;
  if (!company || !ROLES.includes(role as Role) || (role === "agent" && !agent)) return undefined;
  const identity = { company, role: role as Role, name: agent || (role as string) };
  localStorage.setItem(LOCAL_KEY, JSON.stringify(identity));
  router.go(router.path, query, true);
  return identity;
}

function readLocalIdentity(): LocalIdentity | undefined {
  try {
    const value = JSON.parse(localStorage.getItem(LOCAL_KEY) ?? "null") as LocalIdentity | null;
    return value && ROLES.includes(value.role) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const session = new Session();
