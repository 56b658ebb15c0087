import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type RpcClient, RpcError } from "../src/index.ts";
import { chanceOf } from "./chance.ts";
import { startSoakHost } from "./host.ts";

export interface KillReport {
  kills: number;
  /** Calls that ended well, and with which errors the others. */
  outcomes: Record<string, number>;
  /** The longest that a caller waited for its error after a kill. */
  slowestErrorMs: number;
  /** The longest from a kill to the result of a call that was made after it. */
  slowestNextMs: number;
  /** Keys that ran more than once. */
  doubled: string[];
  /** Keys whose call ended well and that never ran. */
  lost: string[];
}

const functions = ["note", "note_in_thread", "note_in_task", "note_in_stream"];
const ways = ["SIGKILL", "SIGKILL", "SIGSEGV", "SIGTERM", "exit", "segfault", "abort"] as const;

/** Kills the worker again and again, in different ways, under the load of many callers. */
export async function kills({
  count,
  callers = 32,
  seed = 1,
}: {
  count: number;
  callers?: number;
  seed?: number;
}) {
  const chance = chanceOf(seed);
  const file = join(tmpdir(), `seer-kills-${process.pid}-${Date.now()}`);
  await using host = await startSoakHost();
  const clients = await Promise.all(Array.from({ length: 4 }, () => host.client()));
  const killer = await host.client();
  const report: KillReport = {
    ...{ kills: 0, outcomes: {}, slowestErrorMs: 0, slowestNextMs: 0 },
    ...{ doubled: [], lost: [] },
  };
  const well: string[] = [];
  let killedAt = Infinity;
  let stopped = false;

  const call = async (client: RpcClient, key: string) => {
    const args = { file, key, seconds: chance.between(0, 10) / 1000 };
    const outcome = await client.call(chance.pick(functions), args).then(
      () => "ok",
      (error: unknown) => (RpcError.isInstance(error) ? error.code : String(error)),
    );
    if (outcome === "ok") well.push(key);
    else report.slowestErrorMs = Math.max(report.slowestErrorMs, performance.now() - killedAt);
    report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
  };
  const loops = Array.from({ length: callers }, async (_, caller) => {
    const client = clients[caller % clients.length] as RpcClient;
    for (let number = 0; !stopped; number++) await call(client, `${caller}.${number}`);
  });

  while (report.kills < count) {
    await delay(chance.between(10, 200));
    const { workerPid } = await killer.health();
    const how = chance.pick(ways);
    const running = Promise.withResolvers<void>();
    const victim = how.startsWith("SIG")
      ? killer.call("hold", {}, { onOutput: () => running.resolve() })
      : killer.call("die", { how });
    if (how.startsWith("SIG")) await Promise.race([running.promise, victim]);
    killedAt = performance.now();
    if (how.startsWith("SIG")) process.kill(workerPid as number, how);
    // When one caller knows, the next call works.
    const code = await victim.catch((error: unknown) => (error as RpcError).code);
    if (code !== "rpc/worker-died") throw new Error(`a call that was killed by ${how} ended with ${code}`);
    await killer.call("note", { file, key: `next.${report.kills++}`, seconds: 0 });
    report.slowestNextMs = Math.max(report.slowestNextMs, performance.now() - killedAt);
  }
  stopped = true;
  await Promise.all(loops);
  await Promise.all([killer, ...clients].map((client) => client.close()));

  const ran = (await readFile(file, "utf8")).trimEnd().split("\n");
  await rm(file);
  const once = new Set<string>();
  for (const key of ran) {
    if (once.has(key)) report.doubled.push(key);
    once.add(key);
  }
  report.lost = well.filter((key) => !once.has(key));
  return report;
}
