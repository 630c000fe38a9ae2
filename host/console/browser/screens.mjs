// A browser with the console in it, before a host without tokens.
import { chromium } from "playwright-core";
import { preview } from "./preview.mjs";

/** Starts a browser and the built console before a running host. */
export async function startConsole(host) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const [browser, server] = await Promise.all([
    chromium.launch({ executablePath, args: ["--no-sandbox"] }),
    preview(host),
  ]);
  return {
    host,
    address: server.address,
    /** A page of a person; `problems` collects what must not happen. */
    async open({ identity, path = "/", preferences = {}, context = {} }) {
      const view = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "UTC", ...context });
      const page = await view.newPage();
      const problems = [];
      page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
      page.on("console", (message) => {
        if (/Content Security Policy|Trusted/i.test(message.text())) problems.push(message.text());
      });
      page.on("request", (request) => {
        const { origin } = new URL(request.url());
        if (/^https?:/.test(origin) && origin !== new URL(server.address).origin) problems.push(`request to ${request.url()}`);
      });
      await page.addInitScript(
        ([who, preferred]) => {
          if (who) localStorage.setItem("patchbay.local-identity", who);
          localStorage.setItem("patchbay.preferences", preferred);
        },
        [identity ? JSON.stringify(identity) : "", JSON.stringify({ language: "en", ...preferences })],
      );
      await page.goto(`${server.address}#${path}`);
      return { page, problems, close: () => view.close() };
    },
    async stop() {
      await browser.close();
      server.stop();
    },
  };
}

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

/** The screens of each role; `act` brings one into the state that is looked at. */
export function listScreens({ company, agent, conversation, contact, decision }) {
  const as = (role, name) => ({ company, role, name });
  const inbox = { identity: as("agent", agent) };
  return [
    { name: "sign-in", path: "/", identity: undefined },
    { name: "inbox", path: "/inbox", ...inbox },
    { name: "conversation", path: `/c/${conversation}`, ...inbox, ready: "textarea" },
    { name: "commands", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: (page) => page.locator("body").press("Control+k") },
    { name: "keys", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: (page) => page.locator("body").press("?") },
    { name: "settings", path: "/inbox", ...inbox, act: (page) => openMenuItem(page, "Settings") },
    { name: "draft", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: writeDraft },
    { name: "details", path: `/c/${conversation}`, ...inbox, ready: "textarea", act: (page) => page.getByRole("tab", { name: "Journey" }).click({ timeout: 2_000 }).catch(() => {}) },
    ...["floor", "conversations", "approvals", "service-level", "incidents", "alerts", "people", "contacts"].map((name_) => ({
      name: name_,
      path: `/${name_}`,
      identity: as("supervisor", "eva"),
    })),
    { name: "contact", path: `/contacts/${contact}`, identity: as("supervisor", "eva") },
    ...["health", "generations", "generations/1", "generations/1/edit", "generations/1/settings/care", "what-if", "rollout", "decisions", "outbox", "audit", "tokens", "host"].map((name_) => ({
      name: name_.replaceAll("/", "-"),
      path: `/${name_}`,
      identity: as("operator", "olga"),
    })),
    { name: "decision", path: `/decisions/${decision}`, identity: as("operator", "olga") },
    { name: "integrator-decision", path: `/decisions/${decision}`, identity: as("integrator", "crm") },
    { name: "feed", path: "/feed", identity: as("integrator", "crm"), ready: ".events li" },
    { name: "api", path: "/api", identity: as("integrator", "crm") },
  ];
}
