import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", "terminate-script": "src/backends/modal/terminate-script.ts" },
  format: "esm",
  target: "node22",
  dts: { entry: { index: "src/index.ts" } },
  clean: true,
});
