import { defineConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Soaks, series of kills and faults, and long fuzzing: `npm run test:soak`. */
export default defineConfig({
  test: { ...base.test, include: ["packages/*/test/**/*.soak.ts"] },
});
