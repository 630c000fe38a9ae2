import assert from "node:assert/strict";
import test from "node:test";
import type { Agent } from "../../api/shapes.ts";
import { checkForm, toEntry, toForm } from "./agent_form.ts";

const ana = { id: "ana", name: "Ana", skills: { billing: 3 }, languages: ["de", "en"], queues: ["billing"], capacity: 75, channel_capacity: { chat: 2 }, presence: "away", load: 50, not_responding: false } as unknown as Agent;

test("an entry that is not changed stays as it is, without what is not of the roster", () => {
  assert.deepEqual(toEntry(toForm(ana), ana), {
    name: "Ana",
    skills: { billing: 3 },
    languages: ["de", "en"],
    queues: ["billing"],
    teams: [],
    capacity: 75,
    channel_capacity: { chat: 2 },
  });
});

test("a form names what is wrong", () => {
  assert.deepEqual(checkForm(toForm(ana), []), []);
  assert.deepEqual(checkForm({ ...toForm(undefined), capacity: null }, []), ["id", "capacity"]);
  assert.deepEqual(checkForm({ ...toForm(ana), skills: [{ name: "", level: 1 }, { name: "", level: 2 }] }, ["ana"]), ["id-taken", "skill-name", "skill-twice"]);
  assert.deepEqual(checkForm({ ...toForm(ana), languages: "de, german_ch" }, []), ["languages"]);
});
