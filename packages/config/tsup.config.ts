import { defineConfig } from "tsup";
// @boundaries-ignore The settings of all builds.
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", "check-node-version": "src/check-node-version.ts" },
  dts: true,
});
