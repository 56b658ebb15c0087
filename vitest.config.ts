import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{packages,apps,examples,tools}/*/test/**/*.test.ts", "tests/**/*.test.ts"],
    // They need accounts: `pnpm test:live`.
    exclude: [...configDefaults.exclude, "tests/live/**"],
    globalSetup: "tests/shared-directory.ts",
    // They only end what hangs: a busy machine takes many times as long as a quiet one.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    // The tests start real processes, and often wait for them: twice as many files at once as CI has cores.
    maxWorkers: 4,
    expect: { poll: { timeout: 240_000 } },
  },
});
