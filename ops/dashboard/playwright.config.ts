import { defineConfig } from "@playwright/test";

// The browser is the machine's own: nothing is fetched. As root it has no sandbox of its own, and it opens our page alone.
const executablePath = process.env["SOCKERLESS_CHROMIUM"] ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  outputDir: process.env["SOCKERLESS_PAGE_RESULTS"] ?? "test-results",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    baseURL: process.env["SOCKERLESS_PAGE"] ?? "http://127.0.0.1:9417",
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath,
      args: process.getuid?.() === 0 ? ["--no-sandbox", "--disable-dev-shm-usage"] : [],
    },
  },
});
