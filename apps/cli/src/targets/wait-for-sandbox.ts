import { setTimeout } from "node:timers/promises";
import type { SandboxInfo } from "@seer/environment";
import { CliError } from "../errors.ts";
import type { StatusLine } from "../terminal/status-line.ts";
import { findSandbox } from "./find-sandbox.ts";

const pollMs = 500;
// How long a started sandbox may take to begin loading an interface.
const servesSoonMs = 15_000;

/** Finds a sandbox, and waits while it starts or its interface loads. */
export async function waitForSandbox(
  target: string,
  { status, signal }: { status: StatusLine; signal: AbortSignal },
): Promise<SandboxInfo> {
  const startedAt = performance.now();
  let found = await findSandbox(target);
  for (;;) {
    const reason = reasonToWait(found, target, performance.now() - startedAt);
    if (reason === undefined) return found;
    status.show(`${target} ${reason}`);
    await setTimeout(pollMs, undefined, { signal });
    found = await findSandbox(target).catch((cause) => {
      throw new CliError("cli/ended", `${target} ended before it was loaded`, { cause });
    });
  }
}

function reasonToWait(
  { kind, state, interfaces, loading, ownerAlive }: SandboxInfo,
  target: string,
  waitedMs: number,
): string | undefined {
  if (state === "starting") return "is starting";
  const servesNothing = interfaces.length === 0;
  if (loading.includes(target) || (servesNothing && loading.length > 0)) return "is loading";
  const servesSoon = servesNothing && kind === "scoped" && ownerAlive && waitedMs < servesSoonMs;
  return servesSoon ? "serves nothing yet" : undefined;
}
