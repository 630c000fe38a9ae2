import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestQueue } from "./request_queue.ts";

test("at most four tasks run, and urgent ones go first", async () => {
  const queue = new RequestQueue();
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const task = (name: string) => async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((done) => setTimeout(done, 2));
    order.push(name);
    running -= 1;
  };
  const all = ["a", "b", "c", "d", "e", "f"].map((name) => queue.run(task(name)));
  all.push(queue.run(task("urgent"), true));
  await Promise.all(all);
  assert.equal(most, 4);
  assert.ok(order.indexOf("urgent") < order.indexOf("f"));
});

test("identical reads are one request, later ones another", async () => {
  const queue = new RequestQueue();
  let calls = 0;
  const read = () => queue.read("key", async () => (calls += 1));
  assert.deepEqual(await Promise.all([read(), read(), read()]), [1, 1, 1]);
  assert.equal(await read(), 2);
});
