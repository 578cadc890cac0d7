import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// What is built is the same on every machine, byte for byte: it is committed, and a test builds it again.
export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: "es2022",
    // The page has one script; there is nothing to load ahead, and no script stands in the text of the page.
    modulePreload: false,
    // A picture in a text would want `data:` in the policy of what may be loaded.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  server: {
    // `npm run dev` beside a server: SOCKERLESS_OPS=http://127.0.0.1:9417
    proxy: Object.fromEntries(
      ["/page", "/tenants"].map((path) => [path, process.env["SOCKERLESS_OPS"] ?? "http://127.0.0.1:9417"]),
    ),
  },
});
