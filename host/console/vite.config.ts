import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The host to develop against: `PATCHBAY_HOST=http://127.0.0.1:7420 npm run dev`.
const host = process.env.PATCHBAY_HOST ?? "http://127.0.0.1:7420";
const proxy = { target: host, changeOrigin: true };

/** `agent-en` for the English texts of agents' screens: all such modules are called `en`. */
function textsName(module: string | null): string | undefined {
  const [, area, language] = /(\w+)\/(?:texts\/)?(en|de)\.ts$/.exec(module ?? "") ?? [];
  return area && `texts-${area}-${language}`;
}

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
    rolldownOptions: {
      output: {
        chunkFileNames: ({ name, facadeModuleId }) => `assets/${textsName(facadeModuleId) ?? name}-[hash].js`,
        // Few files: one for what every screen needs, one for the screens of an area; each further
        // file repeats names, and compresses alone. What a person asks for comes when it is wanted:
        // charts, dialogs, and what attaches files.
        codeSplitting: {
          groups: [
            { name: "base", test: /node_modules\/(svelte|esm-env|clsx)|src\/(api|live|text|i18n\/[^/]+$|components|shell(?!\/(dialogs|SessionEnd|session_end))|drafts|styles)|src\/screens\/\w+\/(routes|texts)\.ts$|vite\/preload-helper/ },
            { name: "agent", test: /src\/screens\/agent\/(?!texts\/|dialogs\/|files\/|JourneyList|journey_steps)/ },
            { name: "charts", test: /node_modules\/uplot|src\/charts/ },
            { name: "supervisor", test: /src\/screens\/supervisor\/(?!texts)/ },
            { name: "operator", test: /src\/screens\/(operator|integrator)\/(?!texts)/ },
          ],
        },
      },
    },
  },
  server: { proxy: { "/v1": proxy, "/openapi.json": proxy } },
});
