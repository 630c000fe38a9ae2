// Everything by keyboard.
import assert from "node:assert/strict";
import { SimulatedConversations } from "../simulated_conversations.mjs";

export const cases = {
  async "single keys work beside text fields, and can be off"(it) {
    const { tab } = await it.openBrowser();
    const page = await tab(it.conversationPath);
    await page.locator("textarea").waitFor();
    await page.locator("body").press("?");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await page.keyboard.press("r");
    await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
    await page.keyboard.type("?jek");
    assert.equal(await page.locator("textarea").inputValue(), "?jek");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    // Tab always leaves the field.
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");
    await page.evaluate(() => localStorage.setItem("patchbay.preferences", JSON.stringify({ singleKeys: false })));
    const second = await tab(it.conversationPath);
    await second.locator("textarea").waitFor();
    await second.locator("body").press("?");
    await second.waitForTimeout(200);
    assert.equal(await second.locator("dialog[open]").count(), 0);
    await second.locator("body").press("Control+k");
    await second.locator("dialog[open]").waitFor();
  },

  async "every act is in the command menu, with its key"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 2);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator("textarea").waitFor();
    await page.locator("body").press("Control+k");
    const menu = page.locator("dialog[open]");
    await menu.waitFor();
    const rows = await menu.locator('[role="option"]').evaluateAll((all) => all.map((row) => row.textContent.replace(/\s+/g, " ").trim()));
    for (const act of ["Resolve", "Next conversation", "Write a reply", "Write a note", "Send the reply", "Transfer", "Hold", "Settings", "Templates", "Approved answers"]) {
      assert.ok(rows.some((row) => row.startsWith(act)), `${act} is not among ${rows.join(" | ")}`);
    }
    const keys = await menu.locator(".kbd").allInnerTexts();
    assert.equal(new Set(keys).size, keys.length, `a key twice: ${keys.join(" ")}`);
    await menu.getByRole("combobox").fill("next conv");
    await page.keyboard.press("Enter");
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
  },

  async "a key is named as the person's keyboard names it"(it) {
    for (const [platform, label] of [["MacIntel", "⌘K"], ["Win32", "Ctrl+K"]]) {
      const { context, tab } = await it.openBrowser();
      await context.addInitScript((name) => Object.defineProperty(Navigator.prototype, "platform", { get: () => name }), platform);
      await SimulatedConversations.start(it, context, 1);
      const page = await tab("/inbox");
      assert.equal(await page.locator(".search .kbd").innerText(), label);
    }
  },

  async "a phone's keyboard covers no field"(it) {
    const { context, tab } = await it.openBrowser({ viewport: { width: 390, height: 844 } });
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const text = page.locator("textarea");
    await text.waitFor();
    // A browser that keeps the size of the page and tells what is left to see.
    const cover = (height) =>
      page.evaluate((left) => {
        Object.defineProperty(visualViewport, "height", { configurable: true, get: () => left });
        visualViewport.dispatchEvent(new Event("resize"));
      }, height);
    await cover(420);
    await page.waitForFunction(() => document.querySelector("textarea").getBoundingClientRect().bottom <= 420);
    assert.equal(await page.locator("header.head").evaluate((head) => head.getBoundingClientRect().top >= 0), true);
    await cover(844);
    await page.waitForFunction(() => document.querySelector("textarea").getBoundingClientRect().bottom > 420);
  },

  async "Escape closes what is on top, and the focus returns"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    const opener = page.getByRole("button", { name: "Approved answers" });
    await opener.focus();
    await page.keyboard.press("Enter");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" });
    assert.ok(await opener.evaluate((element) => element === document.activeElement));
  },

  async "the keys of the browser stay the browser's"(it) {
    const { context, tab } = await it.openBrowser();
    const simulated = await SimulatedConversations.start(it, context, 1);
    const page = await tab(`/c/${simulated.id(1)}`);
    await page.locator("textarea").waitFor();
    const taken = await page.evaluate(() => {
      const chords = [];
      const press = (key, more) => {
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
        document.body.dispatchEvent(event);
        if (event.defaultPrevented) chords.push(`${JSON.stringify(more)} ${key}`);
      };
      for (const key of "twnlrdpfghjosue0123456789+-") press(key, { ctrlKey: true });
      for (const key of "TWNRPIJCB") press(key, { ctrlKey: true, shiftKey: true });
      for (const key of ["ArrowLeft", "ArrowRight", "F4", "d", "e", "f"]) press(key, { altKey: true });
      for (const key of ["F1", "F3", "F5", "F6", "F11", "F12", "Tab"]) press(key, {});
      // AltGr writes letters.
      for (const key of "@ę€ł") press(key, { ctrlKey: true, altKey: true });
      return chords;
    });
    assert.deepEqual(taken, []);
  },
};
