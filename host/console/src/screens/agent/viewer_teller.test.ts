import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Viewer } from "../../api/shapes.ts";
import { ViewerTeller } from "./viewer_teller.ts";

/** A page that notes what is told, and when. */
class Page {
  readonly told: string[] = [];
  hidden = false;

  async put(conversation: string, state: Viewer["state"]): Promise<readonly Viewer[]> {
    this.told.push(`${Date.now() / 1_000} ${conversation} ${state}`);
    return [];
  }
  isHidden(): boolean {
    return this.hidden;
  }
  show(): void {}
}

function begin(context: TestContext): { page: Page; teller: ViewerTeller; pass: (ms: number) => void } {
  context.mock.timers.enable({ apis: ["setInterval", "setTimeout", "Date"], now: 0 });
  const page = new Page();
  // In small steps: the mock sets the clock to the end of each before it runs timers.
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 250) context.mock.timers.tick(250);
  };
  return { page, teller: new ViewerTeller(page), pass };
}

// docs/desk.md gives these rates.
test("a conversation that is open for a minute costs three requests a minute after the first", (context) => {
  const { page, teller, pass } = begin(context);
  teller.open("a");
  pass(60_000);
  assert.deepEqual(page.told, ["0 a viewing", "20 a viewing", "40 a viewing", "60 a viewing"]);
});

test("a minute of writing costs five", (context) => {
  const { page, teller, pass } = begin(context);
  teller.open("a");
  pass(1_000);
  for (let key = 0; key < 120; key += 1) {
    teller.typed();
    pass(250);
  }
  assert.deepEqual(page.told, ["0 a viewing", "1 a typing", "20 a typing"]);
  pass(29_000);
  assert.deepEqual(page.told.slice(3), ["36.75 a viewing", "40 a viewing", "60 a viewing"]);
});

test("a hidden page says once that its person is away, and a closed one nothing", (context) => {
  const { page, teller, pass } = begin(context);
  page.hidden = true;
  teller.open("a");
  pass(600_000);
  assert.deepEqual(page.told, ["0 a away"]);
  page.hidden = false;
  teller.open("b");
  teller.close();
  pass(600_000);
  teller.typed();
  pass(600_000);
  assert.deepEqual(page.told.slice(1), ["600 b viewing"]);
});
