import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { IsolationChoice } from "../src/index.ts";
import { childTimings } from "../test/support/timings.ts";
import { leftOf } from "./left.ts";
import { makeWorkload, type Workload } from "./workload.ts";

export interface KillOptions {
  backend: "local" | "modal";
  isolation: IsolationChoice;
  count: number;
  seed: number;
  leaseMs: number;
  /** What else must be gone, of what the backend has elsewhere. */
  remote?: (() => string[]) | undefined;
  onKill?: ((kill: Kill) => void) | undefined;
}

export interface Kill {
  /** How long after its begin. */
  atMs: number;
  /** What it had said it was doing. */
  during: string;
  /** What was left of it when its lease was over; nothing, if all is well. */
  left: readonly string[];
}

// On top of the lease: for what is ending to end, on a machine that may be busy.
const marginMs = 20_000;

/** Kills owners of sandboxes with `kill -9` at random moments of their starts. */
export async function killStarts(options: KillOptions): Promise<Kill[]> {
  const directory = await mkdtemp(join(tmpdir(), "seer-kills-"));
  const before = process.env.SEER_HOME;
  const home = join(directory, "home");
  process.env.SEER_HOME = home;
  try {
    const workload = await makeWorkload(directory, options);
    return await killAll(workload, directory, home, options);
  } finally {
    if (before === undefined) delete process.env.SEER_HOME;
    else process.env.SEER_HOME = before;
    await rm(directory, { recursive: true, force: true });
  }
}

async function killAll(
  workload: Workload,
  directory: string,
  home: string,
  options: KillOptions,
): Promise<Kill[]> {
  const { count, seed, leaseMs, remote = () => [], onKill } = options;
  const temporary = join(directory, "tmp");
  await mkdir(temporary);
  const owner = new Owner(workload, {
    SEER_HOME: home,
    TMPDIR: temporary,
    ...childTimings({ leaseMs }),
  });
  const random = randomNumbers(seed);
  const kills: Kill[] = [];
  // The first two run to their ends, which says how long a start takes without and with what is kept of one.
  const whole = { fresh: Number.POSITIVE_INFINITY, cached: Number.POSITIVE_INFINITY };
  for (let round = -2; round < count; round++) {
    const kind = round % 2 === 0 ? "fresh" : "cached";
    if (kind === "fresh") await rm(join(home, "environments"), { recursive: true, force: true });
    const { doneMs, ...killed } = await owner.killAfter(random() * whole[kind]);
    whole[kind] = Math.min(whole[kind], doneMs);
    const left = await leftOf(home, temporary, leaseMs + marginMs);
    const deadline = performance.now() + leaseMs + marginMs;
    while (remote().length > 0 && performance.now() < deadline) await delay(50);
    const kill = { ...killed, left: [...left, ...remote()] };
    kills.push(kill);
    onKill?.(kill);
  }
  return kills;
}

class Owner {
  readonly #workload: Workload;
  readonly #env: Record<string, string>;

  constructor(workload: Workload, env: Record<string, string>) {
    this.#workload = workload;
    this.#env = { ...workload.env, ...env };
  }

  /** Starts it, and kills it after so long, or when it has done all of it. */
  async killAfter(milliseconds: number): Promise<Pick<Kill, "atMs" | "during"> & { doneMs: number }> {
    const child = spawn(process.execPath, [join(import.meta.dirname, "owner.ts")], {
      env: { ...process.env, ...this.#env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    child.stdin.end(JSON.stringify(this.#workload.request));
    let during = "loading";
    const begun = performance.now();
    let doneMs = Number.POSITIVE_INFINITY;
    const done = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      during = line;
      if (line !== "served") return;
      doneMs = performance.now() - begun;
      done.resolve();
    });
    const time = Number.isFinite(milliseconds) ? delay(milliseconds) : undefined;
    await Promise.race([done.promise, exited, ...(time === undefined ? [] : [time])]);
    if (child.exitCode !== null)
      throw new Error(`The owner ended with ${child.exitCode} while it was ${during}`);
    child.kill("SIGKILL");
    const atMs = Math.round(performance.now() - begun);
    await exited;
    return { atMs, during, doneMs };
  }
}

/** From 0 up to 1, as a seed decides (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
