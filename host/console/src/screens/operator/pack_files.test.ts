import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf, readPackFiles, schemaOf } from "./pack_files.ts";

const MANIFEST = '[pack]\nname = "care"\nversion = "1.0.0"\n\n[settings]\nschema = "schemas/settings.json"\n';
const file = (name: string, text: string) => ({
  name,
  text: async () => text,
  arrayBuffer: async () => new TextEncoder().encode(text).buffer as ArrayBuffer,
});

test("a manifest tells name and schema", () => {
  assert.equal(nameOf(MANIFEST), "care");
  assert.equal(schemaOf(MANIFEST), "schemas/settings.json");
  assert.equal(schemaOf('[pack]\nschema = "x"\n'), undefined);
});

test("without a component the stored one counts", async () => {
  const pack = await readPackFiles([file("pack.toml", MANIFEST), file("settings.json", "{}")], "sha256:1");
  assert.deepEqual(pack, { bundle: { name: "care", manifest: MANIFEST, component: "sha256:1", schema: "{}" } });
});

test("a component is sent with its digest", async () => {
  const pack = await readPackFiles([file("pack.toml", '[pack]\nname = "care"\n'), file("care.wasm", "abc")], undefined);
  assert.ok(typeof pack !== "string");
  assert.equal(pack.bundle.component, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(pack.code, "YWJj");
});

test("what is missing is named", async () => {
  assert.equal(await readPackFiles([], "sha256:1"), "no-manifest");
  assert.equal(await readPackFiles([file("pack.toml", MANIFEST)], "sha256:1"), "no-schema");
  assert.equal(await readPackFiles([file("pack.toml", "[pack]\n")], undefined), "no-component");
});
