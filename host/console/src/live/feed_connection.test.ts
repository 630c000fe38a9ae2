import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FeedConnection, type FeedListener } from "./feed_connection.ts";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

const event = (id: number): string =>
  `id: ${id}\nevent: received\ndata: ${JSON.stringify({ id: String(id), time: "2026-01-01T00:00:00Z", subject: "c", data: {} })}\n\n`;
const position = (after: number, newest: number): string => `id: ${after}\nevent: position\ndata: ${JSON.stringify({ newest })}\n\n`;

/** A host that gives these answers, one per request; the last one stays open. */
function host(answers: readonly (string | Response)[]): (string | undefined)[] {
  const asked: (string | undefined)[] = [];
  globalThis.fetch = (_, options) => {
    asked.push(new Headers(options?.headers).get("last-event-id") ?? undefined);
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? "";
    if (answer instanceof Response) return Promise.resolve(answer);
    const isLast = asked.length >= answers.length;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(answer));
        if (!isLast) controller.close();
        options?.signal?.addEventListener("abort", () => controller.error(new Error("aborted")), { once: true });
      },
    });
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  };
  return asked;
}

interface Heard {
  readonly events: number[];
  readonly opened: boolean[];
  closed: number;
}

/** Follows a host until `done` says that enough was heard. */
async function follow(lastId: number | undefined, done: (heard: Heard) => boolean): Promise<Heard> {
  const heard: Heard = { events: [], opened: [], closed: 0 };
  const listener: FeedListener = {
    onEvents: (events) => heard.events.push(...events.map(({ feed }) => feed)),
    onOpen: (resumed) => heard.opened.push(resumed),
    onPosition: () => {},
    onClosed: () => (heard.closed += 1),
  };
  const connection = new FeedConnection("http://host/events", lastId, listener);
  for (let wait = 0; wait < 200 && !done(heard); wait += 1) await new Promise((next) => setTimeout(next, 10));
  connection.stop();
  return heard;
}

test("a broken connection resumes after the last event, without a gap", async () => {
  const asked = host([event(1) + event(2), event(3)]);
  const heard = await follow(undefined, ({ events }) => events.length === 3);
  assert.deepEqual(heard.events, [1, 2, 3]);
  assert.deepEqual(asked, [undefined, "2"]);
  assert.deepEqual(heard.opened, [false, true]);
});

test("a quiet stream that tells its position resumes there", async () => {
  const asked = host([position(7, 7), event(8)]);
  const heard = await follow(undefined, ({ events }) => events.length === 1);
  assert.deepEqual(asked, [undefined, "7"]);
  assert.deepEqual(heard.opened, [false, true]);
});

test("a quiet stream of a host without positions is a gap", async () => {
  const asked = host([": hello\n\n", event(8)]);
  const heard = await follow(undefined, ({ events }) => events.length === 1);
  assert.deepEqual(asked, [undefined, undefined]);
  assert.deepEqual(heard.opened, [false, false]);
});

test("events that are no longer stored are a gap, and the feed goes on at the newest", async () => {
  const gone = new Response(JSON.stringify({ type: "/problems/gone", title: "Gone", status: 410, newest: 90 }), { status: 410 });
  const asked = host([gone, event(91)]);
  const heard = await follow(5, ({ events }) => events.length === 1);
  assert.deepEqual(asked, ["5", "90"]);
  assert.deepEqual(heard.opened, [false]);
});

test("the newest number of an older host is in the words of its answer", async () => {
  const detail = "events before 40 are no longer stored; list /v1/companies/x/conversations, then follow after 77";
  const gone = new Response(JSON.stringify({ type: "/problems/gone", title: "Gone", status: 410, detail }), { status: 410 });
  assert.deepEqual((await followed(host([gone, event(78)]), 5)).slice(0, 2), ["5", "77"]);
});

test("far behind, everything is read again instead", async () => {
  const asked = host([position(5, 9_000) + event(6), event(9_001)]);
  const heard = await follow(5, ({ events }) => events.includes(9_001));
  assert.deepEqual(asked, ["5", "9000"]);
  assert.deepEqual(heard.opened, [true, false]);
  assert.deepEqual(heard.events, [9_001]);
});

test("signed out, it does not try again", async () => {
  const out = new Response(JSON.stringify({ type: "/problems/unauthenticated", title: "A token is required", status: 401 }), { status: 401 });
  const asked = host([out, event(1)]);
  const heard = await follow(undefined, ({ closed }) => closed > 0);
  await new Promise((next) => setTimeout(next, 700));
  assert.equal(asked.length, 1);
  assert.equal(heard.closed, 1);
});

async function followed(asked: (string | undefined)[], lastId: number): Promise<(string | undefined)[]> {
  await follow(lastId, ({ events }) => events.length > 0);
  return asked;
}
