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
