import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { findPython } from "@seer/rpc/launch";
import { vi } from "vitest";
import { temporaryDirectory } from "./home.ts";

/** Makes versions 1.0 and 2.0 of a package `seer-tiny`, and lets pip and uv find packages nowhere else. */
export async function useTinyPackage(): Promise<string> {
  const wheels = await temporaryDirectory();
  const { executable } = await findPython();
  const script = join(import.meta.dirname, "..", "fixtures", "make_wheel.py");
  for (const version of ["1.0", "2.0"]) {
    await promisify(execFile)(executable, [script, wheels, "seer_tiny", version]);
  }
  vi.stubEnv("PIP_NO_INDEX", "1");
  vi.stubEnv("PIP_FIND_LINKS", wheels);
  vi.stubEnv("UV_NO_INDEX", "1");
  vi.stubEnv("UV_FIND_LINKS", wheels);
  return wheels;
}

/** The installers that Seer can use here. */
export const installers = searchPath().some(hasUv) ? (["uv", "pip"] as const) : (["pip"] as const);

/** Makes Seer use this installer. */
export function useInstaller(installer: "uv" | "pip"): void {
  if (installer === "pip")
    vi.stubEnv(
      "PATH",
      searchPath()
        .filter((directory) => !hasUv(directory))
        .join(delimiter),
    );
}

function searchPath(): string[] {
  return (process.env.PATH ?? "").split(delimiter);
}

function hasUv(directory: string): boolean {
  return existsSync(join(directory, "uv"));
}
