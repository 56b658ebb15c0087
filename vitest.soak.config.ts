import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Soaks, series of kills and faults, long fuzzing, and installing each packed package: `npm run test:soak`. */
export default defineConfig({
  test: { ...base.test, include: ["packages/*/test/**/*.soak.ts", "tests/**/*.soak.ts"] },
});
