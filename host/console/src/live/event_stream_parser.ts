// Server-sent events, as the standard writes them.

/** One event, or a comment that keeps the connection open. */
export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Reads events from pieces of a stream, wherever the pieces are cut. */
export class EventStreamParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string | undefined;

  /** The events that this piece completes. */
  push(piece: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const text = this.#rest + piece;
    // A carriage return at the end may be half of a line end.
    const lineEnd = /\r\n|\n|\r(?!$)/g;
    let from = 0;
    for (const { 0: end, index } of text.matchAll(lineEnd)) {
      const event = this.#line(text.slice(from, index));
      if (event) events.push(event);
      from = index + end.length;
    }
    this.#rest = text.slice(from);
    return events;
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === "") {
      const event = this.#data.length > 0 ? { id: this.#id, event: this.#event || "message", data: this.#data.join("\n") } : undefined;
      this.#event = "";
      this.#data = [];
      return event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }
}
