// A host of a case's own, with tokens, which it may stop and start again: the one of the checks has
// none, so that every case may act as everybody.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** The program, which `PATCHBAY` names. */
export const program = process.env.PATCHBAY;
const STARTING_MS = 120_000;

const COMPANY = `company = "northwind"
[queue.general]
default = true
[agent.ana]
presence = "available"
[agent.max]
presence = "offline"
[channel.chat.connection.site]
settings = { account = "site", origins = ["https://www.northwind.example"] }
`;

export class OwnHost {
  #folder = mkdtempSync(join(tmpdir(), "patchbay-console-"));
  #process;
  #operator;
  /** Where it listens; the same after each start. */
  address;

  static async start() {
    const host = new OwnHost();
    mkdirSync(join(host.#folder, "companies"));
    writeFileSync(join(host.#folder, "companies/northwind.toml"), COMPANY);
    host.#settings("127.0.0.1:0");
    host.#operator = await host.command(["token", "create", "--role", "operator", "--name", "olga"]);
    await host.start();
    host.#settings(new URL(host.address).host);
    return host;
  }

  /** Runs a command of the program as the operator; answers with what it prints. */
  async command(words) {
    const env = { ...process.env, ...(this.#operator ? { PATCHBAY_TOKEN: this.#operator } : {}) };
    const { stdout } = await run(program, words, { cwd: this.#folder, env });
    return stdout.trim();
  }

  /** Sends a document as the operator. */
  async send(method, path, body) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.#operator}` };
    const answer = await fetch(new URL(path, this.address), { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async start() {
    const started = spawn(program, ["serve", "--offline"], { cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = started;
    let output = "";
    this.address = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the host did not start: ${output}`)), STARTING_MS);
      const read = (text) => {
        output += text;
        const address = /^serving .*(http:\/\/\S+)$/m.exec(output)?.[1];
        if (!address) return;
        clearTimeout(late);
        resolve(address);
      };
      started.stdout.on("data", read);
      started.stderr.on("data", read);
      started.on("exit", (code) => reject(new Error(`the host ended with ${code}: ${output}`)));
    });
  }

  /** Ends the host as a service manager does. */
  async stop() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }

  async remove() {
    if (this.#process.exitCode === null) await this.stop();
    rmSync(this.#folder, { recursive: true });
  }

  #settings(listen) {
    const settings = `companies = ["companies"]\n[server]\nlisten = "${listen}"\n[journal]\npath = "patchbay.db"\nkey = "patchbay.key"\n`;
    writeFileSync(join(this.#folder, "patchbay.toml"), settings);
  }
}
