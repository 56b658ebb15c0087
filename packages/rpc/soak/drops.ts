import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RpcClient } from "../src/index.ts";
import { tcpProxy } from "../test/fixtures/tcp-proxy.ts";
import { chanceOf } from "./chance.ts";
import { startSoakHost } from "./host.ts";

export interface DropReport {
  drops: number;
  /** Calls whose every byte was right, in spite of the drop. */
  exact: number;
  bytes: number;
  /** What was wrong, where something was. */
  wrong: string[];
}

interface Payload {
  index?: number;
  data: Uint8Array;
  sha256: string;
}

const streamItems = 40;
const itemBytes = 50_000;
const resultBytes = 3_000_000;

/** Drops a connection at a random byte of a stream or of a large result, again and again. */
export async function drops({ count, seed = 1 }: { count: number; seed?: number }): Promise<DropReport> {
  const chance = chanceOf(seed);
  const file = join(tmpdir(), `seer-drops-${process.pid}-${Date.now()}`);
  await using host = await startSoakHost();
  await using proxy = await tcpProxy(host.url);
  const report: DropReport = { drops: 0, exact: 0, bytes: 0, wrong: [] };

  for (let drop = 0; drop < count; drop++) {
    await using client = await RpcClient.connect({ url: proxy.url, token: host.token });
    const before = proxy.connections;
    const key = `drop-${drop}`;
    const total = drop % 2 === 0 ? streamItems * itemBytes : resultBytes;
    proxy.cutAfter(chance.between(1, total));
    const wrong = drop % 2 === 0 ? await readStream(client, file, key) : await readResult(client, file, key);
    report.drops += proxy.connections - before;
    report.bytes += total;
    if (wrong === undefined) report.exact++;
    else report.wrong.push(`${key}: ${wrong}`);
  }
  const ran = (await readFile(file, "utf8")).trimEnd().split("\n");
  await rm(file);
  if (ran.length !== count) report.wrong.push(`${count} calls ran ${ran.length} times`);
  return report;
}

async function readStream(client: RpcClient, file: string, key: string): Promise<string | undefined> {
  let printed = "";
  const args = { file, key, count: streamItems, size: itemBytes };
  let next = 0;
  const onOutput = (text: string) => {
    printed += text;
  };
  for await (const item of client.stream("payloads", args, { onOutput })) {
    const payload = item as Payload;
    if (payload.index !== next++) return `item ${payload.index} came instead of ${next - 1}`;
    if (!isExact(payload, itemBytes)) return `the bytes of item ${payload.index} differ`;
  }
  if (next !== streamItems) return `the stream ended after ${next} items`;
  const expected = Array.from({ length: streamItems }, (_, i) => `item ${i} ✓\n`).join("");
  return printed === expected ? undefined : `it printed ${JSON.stringify(printed)}`;
}

async function readResult(client: RpcClient, file: string, key: string): Promise<string | undefined> {
  const payload = (await client.call("payload", { file, key, size: resultBytes })) as Payload;
  return isExact(payload, resultBytes) ? undefined : "the bytes of the result differ";
}

function isExact({ data, sha256 }: Payload, size: number): boolean {
  return data.byteLength === size && createHash("sha256").update(data).digest("hex") === sha256;
}
