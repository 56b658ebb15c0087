import { defineConfig } from "vitest/config";

/** Tests against real services, which cost something and need an account: `pnpm test:live` chooses among them. */
export default defineConfig({
  test: {
    include: ["tests/live/**/*.live.test.ts"],
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
    // One account, one bill, one thing after the other.
    maxWorkers: 1,
    fileParallelism: false,
  },
});
