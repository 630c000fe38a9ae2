// Files of replies.
import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { FILE_RULES, FileStore } from "../file_store.mjs";
import { quiet, until } from "../harness.mjs";
import { SimulatedConversations } from "../simulated_conversations.mjs";

/** A chunk of a PNG file. */
function chunk(type, data) {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A red picture of 2 by 1 points, with a note as cameras and programs write it. */
function png(note) {
  const header = Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const points = deflateSync(Buffer.from([0, 255, 0, 0, 255, 0, 0]));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("tEXt", Buffer.from(`Comment\0${note}`, "latin1")), chunk("IDAT", points), chunk("IEND", Buffer.alloc(0))]);
}

const pdf = (name, text = "%PDF-1.7 ") => ({ name, mimeType: "application/pdf", buffer: Buffer.from(text) });

/** Sends an event with files to the composer, as the browser does for a drop or a paste. */
async function give(page, kind, files, text) {
  await page.locator(".composer").evaluate(
    (composer, [type, list, words]) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: mimeType }));
      }
      if (words) transfer.setData("text/plain", words);
      const target = composer.querySelector("textarea");
      const event = type === "paste" ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }) : new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
      target.dispatchEvent(event);
    },
    [kind, files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") })), text],
  );
}

/** A page with a conversation whose channel takes files. */
async function open(it, count = 1) {
  const store = new FileStore();
  const { context, tab } = await it.openBrowser({ server: await it.serve({ intercept: store.intercept }) });
  const simulated = await SimulatedConversations.start(it, context, count);
  for (let number = 1; number <= count; number += 1) simulated.change(number, { files: FILE_RULES });
  const page = await tab(`/c/${simulated.id(1)}`);
  await page.getByRole("button", { name: "Attach files" }).waitFor();
  return { store, simulated, page, tab };
}

const names = (store) => [...store.files.values()].map(({ name }) => name);

export const cases = {
  async "the host takes a file, a reply has it, and the thread shows it"(it) {
    const { tab } = await it.openBrowser();
    const page = await tab(it.conversationPath);
    const bytes = "%PDF-1.7 the form for a lost suitcase";
    await page.locator('input[type="file"]').setInputFiles([pdf("Claim form.pdf", bytes)]);
    await page.locator(".composer .files .file", { hasText: "Claim form.pdf" }).waitFor();
    await page.locator(".composer .files .file progress").waitFor({ state: "detached" });
    assert.equal(await page.locator(".composer .files .file.failed").count(), 0);
    await page.locator("textarea").fill("I am sorry that your suitcase is late. Please fill in this form.");
    await page.locator("textarea").press("Control+Enter");
    await page.waitForFunction(() => document.querySelector("textarea")?.value === "" && document.querySelector(".composer .files") === null);
    const link = page.locator("[role=log] .file", { hasText: "Claim form.pdf" }).last().locator("a[download]");
    await link.waitFor();
    const file = await page.evaluate(async (address) => {
      const answer = await fetch(address);
      return { status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers) };
    }, await link.getAttribute("href"));
    assert.deepEqual([file.status, file.text], [200, bytes]);
    // Never shown in place, whatever its bytes are.
    assert.match(file.headers["content-disposition"], /^attachment/);
  },

  async "chosen and dropped files are uploaded, and the reply names them"(it) {
    const { store, simulated, page } = await open(it);
    await page.locator('input[type="file"]').setInputFiles([pdf("Invoice March.pdf")]);
    await until(() => store.files.size === 1, "the chosen file was not uploaded");
    await give(page, "drop", [pdf("../second.pdf", "%PDF-1.4 second")]);
    await until(() => store.files.size === 2, "the dropped file was not uploaded");
    assert.deepEqual(names(store), ["Invoice March.pdf", "_second.pdf"]);
    await page.locator("textarea").fill("Both are attached");
    await page.locator("textarea").press("Control+Enter");
    await until(() => simulated.sent.some(({ path }) => path.endsWith("/replies")), "no reply was sent");
    const [reply] = simulated.sent.filter(({ path }) => path.endsWith("/replies"));
    assert.deepEqual(reply.body.attachments, [...store.files.keys()].map((file) => ({ file })));
    await page.waitForFunction(() => document.querySelector(".composer .files") === null);
    // A reply has them: nothing removes them.
    assert.deepEqual(store.deleted, []);
  },

  async "a pasted picture is uploaded without what its file noted, and pasted text stays text"(it) {
    const { store, page } = await open(it);
    const picture = png("taken at 48.2082 N 16.3738 E");
    assert.ok(picture.includes("48.2082"));
    await give(page, "paste", [{ name: "image.png", mimeType: "image/png", buffer: picture }]);
    await until(() => store.files.size === 1, "the picture was not uploaded");
    const [file] = store.files.values();
    assert.equal(file.name, "picture.png");
    assert.deepEqual(file.bytes.subarray(0, 8), picture.subarray(0, 8));
    assert.ok(!file.bytes.includes("48.2082") && !file.bytes.includes("Comment"), "the note is still in the file");
    // A copied cell of a table comes as text and as a picture.
    await give(page, "paste", [{ name: "image.png", mimeType: "image/png", buffer: picture }], "12.50");
    // A file that the browser cannot draw is not a picture.
    await give(page, "paste", [{ name: "image.png", mimeType: "image/png", buffer: Buffer.from("no picture") }]);
    await page.locator(".toast", { hasText: "The picture cannot be read" }).waitFor();
    assert.equal(store.begun, 1);
  },

  async "a file that the channel does not take is refused with the reason, and not sent"(it) {
    const { store, page } = await open(it);
    const choose = (...files) => page.locator('input[type="file"]').setInputFiles(files);
    await choose({ name: "run.exe", mimeType: "application/x-msdownload", buffer: Buffer.from("MZ") });
    await page.locator(".toast", { hasText: "run.exe: this channel takes only png, pdf" }).waitFor();
    await choose(pdf("empty.pdf", ""));
    await page.locator(".toast", { hasText: "empty.pdf is empty" }).waitFor();
    await choose(pdf("a.pdf"), pdf("b.pdf"), pdf("c.pdf"), pdf("d.pdf"));
    await page.locator(".toast", { hasText: "A reply on this channel takes 3 files" }).waitFor();
    await until(() => store.files.size === 3, "three files were not uploaded");
    assert.deepEqual(names(store).sort(), ["a.pdf", "b.pdf", "c.pdf"]);
    await page.getByRole("button", { name: "Remove b.pdf" }).click();
    await until(() => store.deleted.length === 1, "the file was not deleted from the host");
    assert.equal(await page.locator(".composer .files .file").count(), 2);
    assert.equal(await page.locator(".composer .files .file", { hasText: "b.pdf" }).count(), 0);
  },

  async "a draft keeps its files over a reload, also without a text"(it) {
    const { store, simulated, page } = await open(it);
    await page.locator('input[type="file"]').setInputFiles([pdf("kept.pdf")]);
    await until(() => store.files.size === 1, "not uploaded");
    await page.locator('[role="option"] .badge.violet').first().waitFor();
    await page.reload();
    await page.locator(".composer .files .file", { hasText: "kept.pdf" }).waitFor();
    await page.locator("textarea").fill("With the file of before");
    await page.locator("textarea").press("Control+Enter");
    await until(() => simulated.sent.some(({ path }) => path.endsWith("/replies")), "no reply was sent");
    assert.deepEqual(simulated.sent.find(({ path }) => path.endsWith("/replies")).body.attachments, [...store.files.keys()].map((file) => ({ file })));
  },

  async "an upload goes on while another conversation is open, and its file is in the draft"(it) {
    const { store, simulated, page } = await open(it, 2);
    store.isHeld = true;
    await page.locator('input[type="file"]').setInputFiles([pdf("slow.pdf")]);
    await until(() => store.begun === 1, "no upload began");
    await page.locator('[role="option"]', { hasText: "Customer 2" }).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    assert.equal(await page.locator(".composer .files").count(), 0);
    // Back and away again: one composer after the other shows it.
    await page.locator('[role="option"]', { hasText: "Customer 1" }).click();
    await page.locator(".composer .files .file progress").waitFor();
    await page.locator('[role="option"]', { hasText: "Customer 2" }).click();
    await page.locator(".message", { hasText: "Message of customer 2" }).waitFor();
    store.release();
    await page.locator('[role="option"]', { hasText: "Customer 1" }).locator(".badge.violet").waitFor();
    await page.locator('[role="option"]', { hasText: "Customer 1" }).click();
    await page.locator(".composer .files .file", { hasText: "slow.pdf" }).waitFor();
    await page.locator(".composer .files .file progress").waitFor({ state: "detached" });
    await page.locator("textarea").fill("Here it is");
    await page.locator("textarea").press("Control+Enter");
    await until(() => simulated.sent.some(({ path }) => path.endsWith("/replies")), "no reply was sent");
    const [reply] = simulated.sent.filter(({ path }) => path.endsWith("/replies"));
    assert.deepEqual([reply.path, reply.body.attachments], [`/conversations/${simulated.id(1)}/replies`, [...store.files.keys()].map((file) => ({ file }))]);
  },

  async "a page that closes during an upload asks first, and a reply waits for it"(it) {
    const { store, simulated, page } = await open(it);
    store.isHeld = true;
    await page.locator('input[type="file"]').setInputFiles([pdf("slow.pdf")]);
    await until(() => store.begun === 1, "no upload began");
    await page.locator("textarea").fill("Before the file is there");
    await page.locator("textarea").press("Control+Enter");
    await quiet();
    assert.deepEqual(simulated.sent, []);
    await page.getByText("A file is still being uploaded").waitFor();
    await page.reload();
    assert.equal(it.closingQuestions, 1);
  },
};
