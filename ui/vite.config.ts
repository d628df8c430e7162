import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const target = process.env.HOMING_API ?? "http://127.0.0.1:8700";

/** files.json: what the page is made of, so that the service worker keeps the screens that nobody has opened yet too. */
const listed: Plugin = {
  name: "homing-files",
  generateBundle(_options, bundle) {
    const source = JSON.stringify(
      Object.keys(bundle)
        .map((name) => `/${name}`)
        .filter((name) => name.startsWith("/assets/")),
    );
    this.emitFile({ type: "asset", fileName: "files.json", source });
  },
};

// Built into the Python package. Every file but index.html, sw.js and the icons has its content's hash in its name.
export default defineConfig({
  plugins: [react(), listed],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: fileURLToPath(new URL("../src/homing/web/static", import.meta.url)),
    emptyOutDir: true,
    sourcemap: false,
    cssTarget: ["chrome125", "firefox125", "safari17.5"], // these know light-dark(); older ones see the light colours
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    // What the first screen needs is one file: forty small ones compress worse, and each is a request.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } } },
  },
  server: { proxy: { "/api": target, "/socket.io": { target, ws: true } } },
});
