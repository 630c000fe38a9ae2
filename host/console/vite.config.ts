import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The host to develop against: `PATCHBAY_HOST=http://127.0.0.1:7420 npm run dev`.
const host = process.env.PATCHBAY_HOST ?? "http://127.0.0.1:7420";
const proxy = { target: host, changeOrigin: true };

export default defineConfig({
  base: "/console/",
  plugins: [svelte()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    // The content security policy allows files of the host only, no `data:` addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: true,
    reportCompressedSize: false,
  },
  server: { proxy: { "/v1": proxy, "/openapi.json": proxy } },
});
