import { defineConfig } from "tsup";
// @boundaries-ignore The settings of all builds.
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  entry: { main: "src/main.ts" },
  dts: false,
  // Its first file runs on any Node, to say which one it needs.
  banner: {},
});
