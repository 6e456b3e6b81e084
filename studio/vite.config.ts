import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const SERVER = process.env.RVBBIT_URL ?? "http://127.0.0.1:5050";

/** While developing, pages come from elsewhere; the server takes decisions from its own pages only. */
const OURS = { target: SERVER, changeOrigin: true, headers: { origin: SERVER } };

/** The server puts a fresh nonce where this stands, for the styles that the grid and the editor add while running. */
const NONCE = "__CSP_NONCE__";

/** Where `/` leads. */
const HOME = "/src/app/routes/training.tsx";

/** The home page's parts are fetched beside the first script, not one after the other as each asks for the next. */
const preloadHome: Plugin = {
  name: "preload-home",
  transformIndexHtml: {
    order: "post",
    handler(_, { bundle }) {
      const chunks = Object.values(bundle ?? {}).filter((one) => one.type === "chunk");
      const needed = (wanted: (chunk: (typeof chunks)[number]) => boolean) => {
        const names = new Set<string>();
        const add = (name: string) => {
          if (names.has(name)) return;
          names.add(name);
          chunks.find(({ fileName }) => fileName === name)?.imports.forEach(add);
        };
        chunks.filter(wanted).forEach(({ fileName }) => {
          add(fileName);
        });
        return names;
      };
      const there = needed(({ isEntry }) => isEntry);
      const home = needed(({ facadeModuleId }) => facadeModuleId?.endsWith(HOME) ?? false);
      if (bundle !== undefined && home.size === 0) throw new Error(`no chunk is made of ${HOME}: which page is home?`);
      const missing = [...home].filter((name) => !there.has(name));
      const link = (name: string) => ({ rel: "modulepreload", crossorigin: true, href: `/${name}` });
      return missing.map((name) => ({ tag: "link", attrs: link(name), injectTo: "head" as const }));
    },
  },
};

export default defineConfig({
  plugins: [react(), preloadHome],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  html: { cspNonce: NONCE },
  build: {
    outDir: "../src/rvbbit/http/built",
    emptyOutDir: true,
    license: { fileName: "licenses.md" },
    target: "es2023",
    assetsInlineLimit: 0,
  },
  server: { proxy: Object.fromEntries(["/api", "/docs", "/openapi.json"].map((path) => [path, OURS])) },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
