import assert from "node:assert/strict";
import { test } from "node:test";
import { groupDifferences, listChanges, placeOf, queueNames, splitPath } from "./difference_groups.ts";

test("differences stand in the order of the groups", () => {
  const groups = groupDifferences([
    { path: "queue.loyalty.sla.first-response", before: '"4h"', after: '"3h"' },
    { path: "plugin.care.settings.queues.refund", before: '"flights"', after: '"general"' },
    { path: "pack care component", before: '"sha256:1"', after: '"sha256:2"' },
    { path: "queue.vip.priority", after: "50" },
  ]);
  assert.deepEqual(groups.map(({ name }) => name), ["packs", "settings", "queues", "sla"]);
  assert.deepEqual(groups[1]?.changes, [{ subject: "care", name: "queues.refund", before: "flights", after: "general" }]);
  assert.equal(groups[2]?.changes[0]?.before, undefined);
});

test("a quoted part of a path keeps its dots", () => {
  assert.deepEqual(splitPath('queue."a.b".priority'), ["queue", "a.b", "priority"]);
  assert.deepEqual(placeOf('queue."a.b".priority'), { group: "queues", subject: "a.b", name: "priority" });
});

test("articles and the top level have a place", () => {
  assert.deepEqual(placeOf("article refund.text"), { group: "knowledge", subject: "refund", name: "text" });
  assert.deepEqual(placeOf("publish"), { group: "channels", subject: "publish", name: "" });
  assert.deepEqual(placeOf("pipeline.tone"), { group: "pipeline", subject: "pipeline", name: "tone" });
});

test("lists differ by their elements", () => {
  assert.deepEqual(listChanges('["a","b"]', '["b","c"]'), { removed: ["a"], added: ["c"] });
  assert.equal(listChanges('"a"', '["b"]'), undefined);
});

test("queues are found by their tables", () => {
  assert.deepEqual(queueNames('[queue.general]\n[queue.general.sla]\n[queue."v.i.p"]\n# [queue.no]\n'), ["general", "v.i.p"]);
});
