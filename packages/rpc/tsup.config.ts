import { defineConfig } from "tsup";
// @boundaries-ignore The settings of all builds.
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  entry: {
    index: "src/index.ts",
    "launch/index": "src/launch/index.ts",
    "http/index": "src/http/index.ts",
    "gateway/index": "src/gateway/index.ts",
  },
  dts: true,
});
