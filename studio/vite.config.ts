import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = process.env.RVBBIT_URL ?? "http://127.0.0.1:5050";

/** While developing, pages come from elsewhere; the server takes decisions from its own pages only. */
const OURS = { target: SERVER, changeOrigin: true, headers: { origin: SERVER } };

/** The server puts a fresh nonce where this stands, for the styles that the grid and the editor add while running. */
const NONCE = "__CSP_NONCE__";

export default defineConfig({
  plugins: [react()],
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
