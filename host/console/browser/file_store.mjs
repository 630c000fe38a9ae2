// Uploads to a host that takes every file, instead of the demo's.
import { createHash } from "node:crypto";

/** What a channel takes, as a conversation's document says it. */
export const FILE_RULES = {
  count: 3,
  total_bytes: 10_000_000,
  text: "with",
  without_text: true,
  types: [
    { media_type: "image/png", extensions: ["png"], bytes: 5_000_000 },
    { media_type: "application/pdf", extensions: ["pdf"], bytes: 5_000_000 },
  ],
};

/** Takes files: `intercept` is for the server. */
export class FileStore {
  /** Files by id, in the order in which they came. */
  files = new Map();
  deleted = [];
  /** How many uploads have begun. */
  begun = 0;
  /** Whether uploads are answered; those that wait are answered by `release`. */
  isHeld = false;
  #waiting = [];

  intercept = (incoming, outgoing) => {
    const id = /\/conversations\/[^/]+\/files\/([^/?]+)/.exec(incoming.url)?.[1];
    if (!id) return false;
    if (incoming.method === "DELETE") {
      this.deleted.push(id);
      outgoing.writeHead(204).end();
      return true;
    }
    this.begun += 1;
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const name = decodeURIComponent(/filename\*=UTF-8''(.*)/.exec(incoming.headers["content-disposition"])?.[1] ?? "");
      const answer = () => {
        this.files.set(id, { name, bytes });
        outgoing.writeHead(201, { "content-type": "application/json" });
        outgoing.end(JSON.stringify({ id, name, size: bytes.length, media_type: "application/octet-stream", sha256: createHash("sha256").update(bytes).digest("hex"), by: "a", at: "2026-01-01T00:00:00Z" }));
      };
      if (this.isHeld) this.#waiting.push(answer);
      else answer();
    });
    return true;
  };

  release() {
    this.isHeld = false;
    for (const answer of this.#waiting.splice(0)) answer();
  }
}
