import { expect, test } from "vitest";

import { Problems, policy } from "../src/index.js";
import { NOON, conversation, interaction, testPolicy } from "../src/testing.js";

test("settings are prepared once and given to each decision", () => {
  let calls = 0;
  const tested = testPolicy(
    policy({
      prepare(/** @type {{ words: string[] }} */ settings) {
        calls += 1;
        return settings.words.map((word) => word.toLowerCase());
      },
      classify: (given, { prepared, settings }) => ({ why: `${prepared} ${settings.words}` }),
    }),
    { settings: { words: ["A"] } },
  );
  expect(tested.classify(interaction())?.why).toBe("a A");
  expect(tested.classify(interaction())?.why).toBe("a A");
  expect(calls).toBe(1);
});

test("problems with the settings are thrown together", () => {
  const prepare = () => new Problems().add("/a", "one").add("/b", "two").throwIfAny();
  const prepared = () => testPolicy(policy({ prepare, classify: () => null }));
  expect(prepared).toThrow(expect.objectContaining({ problems: [{ path: "/a", message: "one" }, { path: "/b", message: "two" }] }));
  expect(() => new Problems().throwIfAny()).not.toThrow();
});

test("time and random numbers are those of the decision", () => {
  const tested = testPolicy(
    policy({ classify: (_, { clock, random }) => ({ why: `${clock.now()} ${Date.now()} ${random() < 1} ${Math.random() < 1}` }) }),
  );
  expect(tested.classify(interaction())?.why).toBe(`${NOON} ${NOON} true true`);
  tested.setNow("2026-03-03T00:00:00Z");
  expect(tested.classify(interaction())?.why).toContain(String(Date.UTC(2026, 2, 3)));
});

test("business hours open, close and count working time", () => {
  const hours = { office: /** @type {[string, string][]} */ ([
    ["2026-03-02T09:00Z", "2026-03-02T13:00Z"],
    ["2026-03-03T09:00Z", "2026-03-03T13:00Z"],
  ]) };
  const tested = testPolicy(
    policy({
      route(_, { clock }) {
        const two = clock.afterWorkingTime("office", 7200);
        const facts = [clock.isOpen("office"), clock.closesAt("office"), clock.opensAt("office"), two, clock.isOpen("other")];
        return { target: { kind: "close" }, why: JSON.stringify(facts) };
      },
    }),
    { hours },
  );
  const at = Date.UTC(2026, 2, 2, 13);
  expect(JSON.parse(tested.route(conversation())?.why ?? "")).toEqual([true, at, null, Date.UTC(2026, 2, 3, 10), null]);
  tested.setNow(at);
  expect(JSON.parse(tested.route(conversation())?.why ?? "").slice(0, 3)).toEqual([false, null, Date.UTC(2026, 2, 3, 9)]);
});

test("state holds values as JSON until they expire, and counters", () => {
  const tested = testPolicy(
    policy({
      classify(_, { state }) {
        const seen = /** @type {any} */ (state.contact.get("seen"));
        state.contact.set("seen", { times: (seen?.times ?? 0) + 1, word: "café 🙂" }, { expiresAfter: 60 });
        state.company.addWindowed("all", 30);
        return { why: `${seen?.times ?? 0} ${state.company.counter("all")}` };
      },
    }),
  );
  expect(tested.classify(interaction())?.why).toBe("0 1");
  expect(tested.classify(interaction())?.why).toBe("1 2");
  expect(tested.stored("contact")).toEqual({ seen: { times: 2, word: "café 🙂" } });
  tested.setNow(NOON + 61_000);
  expect(tested.classify(interaction())?.why).toBe("0 1");
});

test("lines of the log are kept with their level", () => {
  const tested = testPolicy(policy({ classify: (_, { log }) => log.info("found", 3, { a: 1 }) }));
  tested.classify(interaction());
  expect(tested.log).toEqual(['info: found 3 {"a":1}']);
});

test("a policy without decisions, or with an unknown one, is an error", () => {
  expect(() => policy({})).toThrow("a policy needs one of classify, route, check, escalate");
  expect(() => policy(/** @type {any} */ ({ clasify: () => null }))).toThrow("a policy has no clasify");
  expect(() => policy(/** @type {any} */ ({ classify: 3 }))).toThrow("classify of a policy must be a function");
});

test("the host is there in a decision alone", () => {
  /** @type {any} */
  let log;
  testPolicy(policy({ classify: (_, context) => ((log = context.log), null) })).classify(interaction());
  expect(() => log.info("late")).toThrow("there is no host");
});

test("tables of the pack are looked up by key, bytes by range", () => {
  const tested = testPolicy(
    policy({
      classify(_, { data }) {
        const tiers = data.table("tiers");
        const facts = [tiers?.get("c1"), tiers?.getMany(["c2", "c1"]), tiers?.rowCount, data.table("none"), data.size("model"), [...data.read("model", 1, 9)]];
        return { why: JSON.stringify(facts) };
      },
    }),
    {
      data: {
        tiers: { key: "customer", columns: ["tier", "since"], rows: { c1: { tier: "gold", since: "2020" } } },
        model: new Uint8Array([1, 2, 3]),
      },
    },
  );
  const gold = { tier: "gold", since: "2020" };
  expect(JSON.parse(tested.classify(interaction())?.why ?? "")).toEqual([gold, [null, gold], 1, null, 3, [2, 3]]);
});

test("more keys than one call of the host takes are looked up in several calls, in their order", () => {
  const keys = Array.from({ length: 150 }, (_, at) => `c${at}`);
  const tested = testPolicy(
    policy({
      classify: (_, { data }) => ({ why: JSON.stringify(data.table("tiers")?.getMany(keys).map((found) => found?.tier)) }),
    }),
    { data: { tiers: { key: "customer", columns: ["tier"], rows: Object.fromEntries(keys.map((key) => [key, { tier: `of ${key}` }])) } } },
  );
  expect(JSON.parse(tested.classify(interaction())?.why ?? "")).toEqual(keys.map((key) => `of ${key}`));
});

test("attributes of the contact are those of the test", () => {
  const told = (/** @type {any} */ options) =>
    testPolicy(
      policy({
        classify: (_, { contacts }) => ({
          why: JSON.stringify([contacts.attribute("tier") ?? null, contacts.attribute("Tier") ?? null, contacts.attributeNames()]),
        }),
      }),
      options,
    ).classify(interaction())?.why;
  expect(told({ attributes: { tier: "gold", language: "pt" } })).toBe('["gold",null,["language","tier"]]');
  expect(told({})).toBe("[null,null,[]]");
});
