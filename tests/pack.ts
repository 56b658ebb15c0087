import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Packs the package in `folder` as it would be published, and returns the tarball's path. */
export function pack(folder: string, destination: string): string {
  const output = execFileSync(
    "npx",
    ["--yes", packageManager, "pack", "--pack-destination", resolve(destination), "--json"],
    {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const { filename } = JSON.parse(output);
  return filename.startsWith("/") ? filename : join(resolve(destination), filename);
}
