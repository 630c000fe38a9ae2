// The event stream of a company, instead of the host's.

/** A feed instead of the host's: `intercept` is for the server, `tell` sends an event to all who listen. */
export class FakeFeed {
  #streams = new Set();
  #number = 70_000_000;
  /** Requests of the stream so far. */
  requests = [];
  /** Whether it answers; otherwise the connection is closed at once. */
  isOpen = true;

  intercept = (incoming, outgoing) => {
    if (!/\/events/.test(incoming.url)) return false;
    this.requests.push({ url: incoming.url, last: incoming.headers["last-event-id"] });
    if (!this.isOpen) return outgoing.destroy(), true;
    this.#streams.add(outgoing);
    outgoing.on("close", () => this.#streams.delete(outgoing));
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    outgoing.write(`event: position\nid: ${this.#number}\ndata: {}\n\n`);
    return true;
  };

  /** Sends an event; answers with its number. */
  tell(kind, { subject, time, data = {} }) {
    this.#number += 1;
    const event = { id: String(this.#number), time, subject, data };
    for (const stream of this.#streams) stream.write(`id: ${event.id}\nevent: ${kind}\ndata: ${JSON.stringify(event)}\n\n`);
    return this.#number;
  }

  /** A line that says that the stream is alive. */
  keepAlive() {
    for (const stream of this.#streams) stream.write(": keep-alive\n\n");
  }

  /** Ends all streams; with `isOpen` false they do not come back. */
  cut() {
    for (const stream of this.#streams) stream.destroy();
  }
}
