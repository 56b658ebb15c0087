import { defineConfig } from "tsup";

export default defineConfig({
  entry: {
    "library/index": "src/library/index.ts",
    "typescript/index": "src/typescript/index.ts",
    "mcp/index": "src/mcp/index.ts",
    "mcp/main": "src/mcp/main.ts",
    "prompt/index": "src/prompt/index.ts",
    "skill/index": "src/skill/index.ts",
  },
  format: "esm",
  target: "node22",
  dts: true,
  clean: true,
});
