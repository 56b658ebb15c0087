import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{packages,apps,examples}/*/test/**/*.test.ts", "tests/**/*.test.ts"],
    // They need accounts: `pnpm test:live`.
    exclude: [...configDefaults.exclude, "tests/live/**"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The tests start real processes; more files at once than cores only makes them wait for each other.
    maxWorkers: 2,
    // A second try on a busy CI machine, which is reported; at home a test that fails once is a test that fails.
    retry: process.env.CI ? 1 : 0,
  },
});
