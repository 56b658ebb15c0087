import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { NdArray, RemoteError, RpcClient, RpcError } from "../src/index.ts";
import { tcpProxy } from "../test/fixtures/tcp-proxy.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { heldMib, residentMib, startSoakHost } from "./host.ts";

export interface SoakOptions {
  minutes: number;
  callers?: number;
  seed?: number;
  onSample?: (sample: MemorySample) => void;
}

/** Memory in MiB at a time since the start: resident that of the host, held that of the client. */
export interface MemorySample {
  seconds: number;
  supervisor: number;
  worker: number;
  client: number;
}

export interface SoakReport {
  calls: number;
  perSecond: number;
  /** How often each kind of call ended as it should, as the callers counted. */
  ended: Record<string, number>;
  /** How often each kind ran, as the worker counted; cancelled ones may not have begun. */
  ran: Record<string, number>;
  cancelled: number;
  reconnections: number;
  /** Of memory, from when a fifth of the time was over until the end, in MiB. */
  growth: Omit<MemorySample, "seconds">;
  /** Everything that was not as it should be. */
  wrong: string[];
}

interface Turn {
  client: RpcClient;
  caller: number;
  number: number;
  chance: Chance;
}

// Nothing takes nearly as long; a call that does is lost.
const lostMs = 60_000;
const cutEveryMs = 4_000;
// From when on memory must be flat, and how much it may still move.
const flatMinutes = 3;
const flatMib = 24;

/** One call of each kind; throws when it does not end as it should. */
const kinds: Record<string, (turn: Turn) => Promise<void>> = {
  async echo({ client, caller, number, chance }) {
    const value = { text: "ü".repeat(chance.between(0, 200)), nested: [number, null, NaN, { deep: true }] };
    expectEqual(await call(client, "echo", { caller, number, value }), value);
  },
  async floats({ client, caller, number, chance }) {
    const count = chance.between(0, 2000);
    const floats = (await call(client, "floats", { caller, number, count })) as number[];
    expectEqual([floats.length, floats.at(-1)], [count, count === 0 ? undefined : (count - 1) / 7]);
  },
  async array({ client, caller, number, chance }) {
    const value = NdArray.from(new Float32Array(chance.between(1, 16_384)).fill(number), undefined);
    const twice = (await call(client, "array", { caller, number, value })) as NdArray<"float32">;
    expectEqual([twice.dtype, twice.shape, twice.data.at(-1)], ["float32", value.shape, 2 * number]);
  },
  async stream({ client, caller, number, chance }) {
    const count = chance.between(0, 60);
    const items: unknown[] = [];
    const args = { caller, number, count };
    for await (const item of client.stream("stream", args, { timeoutMs: lostMs })) items.push(item);
    expectEqual(
      items,
      Array.from({ length: count }, (_, i) => i),
    );
  },
  async fail({ client, caller, number }) {
    const error = await call(client, "fail", { caller, number, message: `no ${number}` }).catch(
      (error: unknown) => error,
    );
    expectEqual(RemoteError.isInstance(error) && error.message, `no ${number}`);
  },
  async talk({ client, caller, number, chance }) {
    const lines = chance.between(1, 20);
    let printed = "";
    let done = 0;
    const options = {
      timeoutMs: lostMs,
      onOutput(text: string) {
        printed += text;
      },
      onProgress(progress: { done: number }) {
        done = progress.done;
      },
    };
    expectEqual(await client.call("talk", { caller, number, lines }, options), lines);
    const expected = Array.from({ length: lines }, (_, i) => `${caller}.${number}: line ${i} ✓\n`).join("");
    expectEqual([printed, done], [expected, lines]);
  },
  async beside({ client, caller, number, chance }) {
    const seconds = chance.between(0, 20) / 1000;
    expectEqual(await call(client, "beside", { caller, number, seconds }), seconds);
  },
  async thread({ client, caller, number, chance }) {
    const seconds = chance.between(0, 20) / 1000;
    expectEqual(await call(client, "thread", { caller, number, seconds }), seconds);
  },
};

/** Many callers with every kind of call for as long as is wanted, counted on both sides. */
export async function soak({ minutes, callers = 32, seed = 1, onSample }: SoakOptions): Promise<SoakReport> {
  await using host = await startSoakHost({ keptBytes: 32 << 20 });
  await using proxy = await tcpProxy(host.url);
  // A quarter of the callers lose their connection every few seconds.
  const urls = [host.url, host.url, host.url, proxy.url];
  const clients = await Promise.all(urls.map((url) => RpcClient.connect({ url, token: host.token })));
  const observer = await host.client();
  const { workerPid } = await observer.health();
  const ended: Record<string, number> = {};
  const wrong: string[] = [];
  let cancelled = 0;
  const start = performance.now();
  const end = start + minutes * 60_000;

  /** Begins a slow call and cancels it at a random moment, which may be after its end. */
  const cancel = async ({ client, caller, number, chance }: Turn) => {
    const signal = AbortSignal.timeout(chance.between(0, 120));
    const outcome = await client.call("slow", { caller, number }, { signal, timeoutMs: lostMs }).then(
      (value) => value,
      (error: unknown) => (RpcError.isInstance(error) ? error.code : error),
    );
    if (outcome === "rpc/cancelled") cancelled++;
    else expectEqual(outcome, "slept");
  };
  const turns = { ...kinds, slow: cancel };
  const loops = Array.from({ length: callers }, async (_, caller) => {
    const chance = chanceOf(seed * 1000 + caller);
    const client = clients[caller % clients.length] as RpcClient;
    for (let number = 1; performance.now() < end && wrong.length < 10; number++) {
      const kind = chance.pick(Object.keys(turns)) as keyof typeof turns;
      try {
        await turns[kind]?.({ client, caller, number, chance });
        ended[kind] = (ended[kind] ?? 0) + 1;
      } catch (error) {
        wrong.push(`${kind} ${caller}.${number}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  });
  const cutting = setInterval(() => proxy.cut(), cutEveryMs);
  const samples: MemorySample[] = [];
  const everySeconds = Math.min(10, (minutes * 60) / 10);
  while (performance.now() < end) {
    await delay(everySeconds * 1000);
    const sample = {
      seconds: Math.round((performance.now() - start) / 1000),
      supervisor: residentMib(host.pid),
      worker: residentMib(workerPid as number),
      client: heldMib(),
    };
    samples.push(sample);
    onSample?.(sample);
  }
  await Promise.all(loops);
  clearInterval(cutting);
  const seconds = (performance.now() - start) / 1000;

  const { ran, doubled } = (await observer.call("counted")) as {
    ran: Record<string, number>;
    doubled: unknown[];
  };
  for (const kind of Object.keys(kinds)) {
    if (ran[kind] !== ended[kind])
      wrong.push(`${kind} ended ${ended[kind]} times and ran ${ran[kind]} times`);
  }
  // A cancelled call may or may not have begun.
  const slow = ended.slow ?? 0;
  const slowRan = ran.slow ?? 0;
  if (slowRan > slow || slowRan < slow - cancelled) {
    wrong.push(`slow ended ${slow} times, ${cancelled} of them cancelled, and ran ${slowRan} times`);
  }
  if (doubled.length > 0) wrong.push(`ran twice: ${JSON.stringify(doubled.slice(0, 10))}`);
  const { restarts, running, waiting } = await observer.health();
  if (restarts + running + waiting > 0)
    wrong.push(`${JSON.stringify({ restarts, running, waiting })} at the end`);
  await Promise.all([observer, ...clients].map((client) => client.close()));

  const warm = samples[Math.floor(samples.length / 5)] as MemorySample;
  const last = samples.at(-1) as MemorySample;
  const grown = (name: "supervisor" | "worker" | "client") => Math.round((last[name] - warm[name]) * 10) / 10;
  const growth = { supervisor: grown("supervisor"), worker: grown("worker"), client: grown("client") };
  if (minutes >= flatMinutes && Math.max(...Object.values(growth)) > flatMib) wrong.push("memory has grown");
  const calls = Object.values(ended).reduce((sum, count) => sum + count, 0);
  return {
    ...{ calls, perSecond: Math.round(calls / seconds), ended, ran, cancelled },
    reconnections: proxy.connections - 1,
    growth,
    wrong,
  };
}

function call(client: RpcClient, fn: string, args: Record<string, unknown>): Promise<unknown> {
  return client.call(fn, args, { timeoutMs: lostMs });
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  const [came, wanted] = [actual, expected].map((value) => JSON.stringify(value)?.slice(0, 500));
  throw new Error(`${came} came instead of ${wanted}`);
}
