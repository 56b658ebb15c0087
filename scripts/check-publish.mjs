// What would be published of one package: publint and are-the-types-wrong, on the packed tarball.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../tests/pack.ts";

const [folder] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "seer-publish-"));
try {
  const tarball = pack(folder, scratch);
  run("publint", ["run", tarball, "--strict"]);
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  // Packages are ESM only, so what a CommonJS or node10 resolver would see does not matter.
  if (exports) run("attw", [tarball, "--profile", "esm-only", "--exclude-entrypoints", "./package.json"]);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function run(command, args) {
  try {
    execFileSync(command, args, { stdio: "pipe", encoding: "utf8" });
  } catch (error) {
    console.error(`${error.stdout}${error.stderr}`);
    process.exitCode = 1;
  }
}
