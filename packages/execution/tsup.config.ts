import { defineConfig } from "tsup";
// @boundaries-ignore The settings of all builds.
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  entry: { index: "src/index.ts" },
  dts: true,
});
