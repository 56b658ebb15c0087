import type { Options } from "tsup";

/** How every package is built. */
export const base = {
  format: "esm",
  target: "node22",
  clean: true,
  // At the top of every file, so that nothing runs before it.
  banner: { js: 'import "@seer/config/check-node-version";' },
} satisfies Options;
