import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventStreamParser } from "./event_stream_parser.ts";

const STREAM =
  ": hello\n\nid: 7\nevent: received\ndata: {\"a\":1}\n\ndata: one\r\ndata:two\r\n\r\nid: 8\n\nevent: x\ndata\n\n";

test("fields, several lines of data, and comments are read", () => {
  const events = new EventStreamParser().push(STREAM);
  assert.deepEqual(events, [
    { id: "7", event: "received", data: '{"a":1}' },
    { id: "7", event: "message", data: "one\ntwo" },
    { id: "8", event: "x", data: "" },
  ]);
});

test("it does not matter where the stream is cut", () => {
  const whole = new EventStreamParser().push(STREAM);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length })), (cuts) => {
      const parser = new EventStreamParser();
      const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
      const pieces = places.slice(1).map((place, index) => STREAM.slice(places[index], place));
      assert.deepEqual(pieces.flatMap((piece) => parser.push(piece)), whole);
    }),
  );
});
