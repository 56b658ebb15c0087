import { defineConfig } from "tsup";
// @boundaries-ignore The settings of all builds.
import { base } from "../../tsup.base.ts";

export default defineConfig({
  ...base,
  entry: {
    "library/index": "src/library/index.ts",
    "typescript/index": "src/typescript/index.ts",
    "mcp/index": "src/mcp/index.ts",
    "mcp/main": "src/mcp/main.ts",
    "prompt/index": "src/prompt/index.ts",
    "skill/index": "src/skill/index.ts",
    "render/index": "src/render/index.ts",
  },
  dts: true,
});
