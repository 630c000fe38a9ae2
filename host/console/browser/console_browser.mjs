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
    /** A page of a person; `problems` collects what must not happen. `prepare` may answer requests instead of the host. */
    async open({ identity, path = "/", preferences = {}, context = {}, prepare }) {
      const view = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: "UTC", ...context });
      await prepare?.(view);
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
