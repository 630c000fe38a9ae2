// The screens that pictures show and that axe checks.

/** How each screen is shown in the documentation. */
export const LOOKS = [
  { name: "light", context: { colorScheme: "light", viewport: { width: 1280, height: 800 } } },
  { name: "dark", context: { colorScheme: "dark", viewport: { width: 1280, height: 800 } } },
  { name: "phone", context: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1 } },
];

/** Chooses an entry of the account's menu; opens the navigation first where it is folded. */
async function openMenuItem(page, title) {
  const folded = page.getByRole("button", { name: "Open navigation" });
  if (await folded.isVisible()) await folded.click();
  await page.getByRole("button", { name: "Account" }).click();
  await page.getByRole("menuitem", { name: title }).click();
}

const signedOutAnswer = (route) => route.fulfill({ status: 401, contentType: "application/problem+json", json: { type: "/problems/unauthenticated", title: "Not signed in", status: 401 } });

/** A host with tokens, to which nobody is signed in, and the ways to do it. */
async function signedOut(context) {
  await context.route(/\/v1\/me$/, signedOutAnswer);
  await context.route(/\/v1\/session\/ways$/, (route) => route.fulfill({ json: { required: true, link: true, token: true, openid_connect: { name: "Northwind login", path: "/v1/session/sign-in" } } }));
}

/** A host with tokens whose session ends under the open page. */
async function sessionEnds(context) {
  let isOver = false;
  await context.route(/\/v1\/me$/, async (route) => {
    const answer = await route.fetch();
    const me = await answer.json();
    return isOver ? signedOutAnswer(route) : route.fulfill({ json: { ...me, local: false, session: true, role: "operator", name: "olga", company: me.companies[0].name } });
  });
  await context.route(/\/v1\/session\/ways$/, (route) => route.fulfill({ json: { required: true, link: true, token: true } }));
  await context.route(/\/v1\/companies\/[^/]+\/generations(\?|$)/, (route) => {
    isOver = true;
    return signedOutAnswer(route);
  });
}

/** Runs commands of the page by their titles, from the menu that has all of them. */
const run =
  (...titles) =>
  async (page) => {
    for (const title of titles) {
      await page.locator("body").press("Control+k");
      const menu = page.locator("dialog[open]").getByRole("combobox");
      await menu.fill(title);
      await page.locator('dialog[open] [role="option"]').first().waitFor({ timeout: 5_000 });
      await menu.press("Enter");
    }
  };

/** Writes what a tone policy finds fault with, and waits for the findings. */
async function writeDraft(page) {
  await page.locator("textarea").fill("That is your own fault 😀. Dear [name], call me at +41 79 123 45 67");
  await page.locator(".findings li").first().waitFor({ timeout: 5_000 }).catch(() => {});
}

/** Opens the contact's journey; the details first where they are folded. */
async function openJourney(page) {
  const tab = page.getByRole("tab", { name: "Journey" });
  if (!(await tab.isVisible())) await page.getByRole("button", { name: "Show details" }).click();
  await tab.click();
}

/** Repeats the recorded decisions, where there is a generation to do it with. */
async function askWhatIf(page) {
  await page.locator('form button[type="submit"]').click();
  await page.getByText("Done", { exact: true }).first().waitFor({ timeout: 30_000 });
}

/**
 * The screens of each role, by what a host has; `act` brings one into the state that is looked at.
 * `other` is a generation that is not active.
 */
export function listScreens({ company, agent, conversation, contact, decision, other }) {
  const as = (role, name) => ({ company, role, name });
  const inbox = { identity: as("agent", agent) };
  const supervisor = { identity: as("supervisor", "eva") };
  const operator = { identity: as("operator", "olga") };
  const integrator = { identity: as("integrator", "crm") };
  return [
    { name: "sign-in", path: "/", identity: undefined },
    { name: "sign-in-token", path: "/", identity: undefined, ready: "form", prepare: signedOut },
    { name: "inbox", path: "/inbox", ...inbox },
    { name: "conversation", path: `/c/${conversation}`, ...inbox, ready: "textarea" },
    { name: "commands", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: (page) => page.locator("body").press("Control+k") },
    { name: "keys", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: (page) => page.locator("body").press("?") },
    { name: "settings", path: "/inbox", ...inbox, act: (page) => openMenuItem(page, "Settings") },
    { name: "draft", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: writeDraft },
    { name: "details", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: openJourney },
    { name: "own-approvals", path: "/approvals/mine?show=all", ...inbox },
    ...["floor", "conversations", "approvals", "service-level", "incidents", "alerts", "people", "contacts"].map((name_) => ({ name: name_, path: `/${name_}`, ...supervisor })),
    { name: "contact", path: `/contacts/${contact}`, ...supervisor },
    ...["health", "generations", "rollout", "decisions", "outbox", "audit", "tokens", "host"].map((name_) => ({ name: name_, path: `/${name_}`, ...operator })),
    { name: "generation", path: `/generations/${other ?? 1}`, ...operator },
    { name: "generation-editor", path: `/generations/${other ?? 1}/edit`, ...operator, ready: "textarea" },
    { name: "plugin-settings", path: `/generations/${other ?? 1}/settings/care`, ...operator, ready: "main form" },
    other ? { name: "what-if", path: `/what-if?generation=${other}`, ...operator, act: askWhatIf } : { name: "what-if", path: "/what-if", ...operator },
    { name: "decision", path: `/decisions/${decision}`, ...operator },
    { name: "integrator-decision", path: `/decisions/${decision}`, ...integrator },
    { name: "feed", path: "/feed", ...integrator, ready: ".events li" },
    { name: "contract", path: "/contract", ...integrator, ready: "main section" },
    { name: "api", path: "/api", ...integrator },
  ];
}

/**
 * Dialogs, and screens as other roles see them: axe checks them; the documentation shows no picture of
 * each. `isDialog`: it counts as reached only with an open dialog.
 */
export function listDialogs({ company, agent, conversation, contact, other }) {
  const as = (role, name) => ({ company, role, name });
  const [inbox, supervisor, operator, integrator] = [as("agent", agent), as("supervisor", "eva"), as("operator", "olga"), as("integrator", "crm")];
  const dialog = (name, path, identity, ...titles) => ({ name: `dialog ${name}`, path, identity, isDialog: true, act: run(...titles) });
  const open = { ready: "textarea" };
  const stored = `/generations/${other ?? 1}`;
  return [
    { ...dialog("transfer", `/c/${conversation}`, inbox, "Transfer"), ...open },
    { ...dialog("templates", `/c/${conversation}`, inbox, "Templates"), ...open },
    { ...dialog("answers", `/c/${conversation}`, inbox, "Approved answers"), ...open },
    { ...dialog("resolve", `/c/${conversation}`, supervisor, "Resolve"), ...open },
    dialog("assign", "/conversations", supervisor, "Next conversation", "Select the conversation", "Assign"),
    dialog("reject", "/approvals", supervisor, "Reject"),
    dialog("person", "/people", supervisor, "Add a person"),
    ...["Merge", "Split", "Export", "Erase"].map((act) => dialog(act.toLowerCase(), `/contacts/${contact}`, supervisor, act)),
    dialog("bypass", "/health", operator, "Bypass"),
    dialog("drain", "/health", operator, "Drain"),
    dialog("roll back", "/generations", operator, "Roll back"),
    dialog("activate", stored, operator, "Activate"),
    dialog("shadow", stored, operator, "shadow"),
    dialog("token", "/tokens", operator, "token"),
    { name: "dialog sign-in again", path: "/generations", identity: undefined, isDialog: true, prepare: sessionEnds },
    ...["health", "decisions", "outbox"].map((name) => ({ name: `supervisor ${name}`, path: `/${name}`, identity: supervisor })),
    ...["health", "generations", "what-if"].map((name) => ({ name: `integrator ${name}`, path: `/${name}`, identity: integrator })),
  ];
}
