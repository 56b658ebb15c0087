// What it costs to have a large model's hidden states on the other side, over the forward pass that makes them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toLibrary } from "@seer/expose-adapters/library";
import { NdArray, type RpcClient } from "@seer/rpc";
import { launchHost } from "@seer/rpc/launch";
import { directoryTarget, installWorkspace, Workspace } from "@seer/workspace";
import { endChildrenOnSignals } from "../src/processes/children.ts";
import { type LineProcess, startLineProcess } from "../src/processes/line-process.ts";
import { median } from "../src/rows/statistics.ts";

const usage = `pnpm bench:gpu [--rounds N] [--device cuda|cpu] [--size 7b|tiny]

Needs a Python with torch: SEER_PYTHON, else python3. Without a CUDA GPU it says so and measures nothing;
--device cpu --size tiny shows that it works, and its figures mean nothing.`;

const shapes = [
  { prompts: 1, tokens: 512 },
  { prompts: 8, tokens: 512 },
  { prompts: 4, tokens: 2048 },
];

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== "--"),
  options: {
    rounds: { type: "string", default: "15" },
    device: { type: "string", default: "cuda" },
    size: { type: "string", default: "7b" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const python = process.env.SEER_PYTHON ?? "python3";
const obstacle = values.device === "cuda" ? cudaObstacle() : undefined;
if (values.help) console.log(usage);
else if (obstacle !== undefined) console.log(`not run: ${obstacle}`);
else await measure(wholeNumber(values.rounds), values.device, values.size);

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(`--rounds ${text} is not a whole number from 1`);
}

function cudaObstacle(): string | undefined {
  const check = "import torch, sys; sys.exit(0 if torch.cuda.is_available() else 3)";
  const { status, error } = spawnSync(python, ["-c", check], { encoding: "utf8", timeout: 120_000 });
  if (status === 0) return undefined;
  if (status === 3) return `torch of ${python} sees no CUDA GPU`;
  return `${python} cannot import torch${error === undefined ? "" : ` (${error.message})`}`;
}

async function measure(rounds: number, device: string, size: string): Promise<void> {
  endChildrenOnSignals();
  const scratch = mkdtempSync(join(tmpdir(), "seer-bench-gpu-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(scratch, { recursive: true, force: true }));
  const source = join(import.meta.dirname, "python");
  const host = stack.use(
    await launchHost({
      file: join(source, "transformer.py"),
      python,
      env: { SEER_BENCH_DEVICE: device, SEER_BENCH_SIZE: size },
    }),
  );
  const client = stack.use(await host.client());
  const description = await client.describe();
  const library = toLibrary({ name: "large_model", url: host.url, token: host.token, description });
  const workspace = new Workspace({ libraries: [library] });
  const { libraryDir } = await installWorkspace(workspace, directoryTarget(scratch), { root: scratch });
  const fromPython = startLineProcess(python, [join(source, "fetch.py")], { PYTHONPATH: libraryDir });
  stack.defer(() => fromPython.end());

  console.log(JSON.stringify(await client.call("about")));
  for (const shape of shapes) console.log(await measureShape(shape, rounds, client, fromPython));
}

async function measureShape(
  { prompts, tokens }: (typeof shapes)[number],
  rounds: number,
  client: RpcClient,
  fromPython: LineProcess,
): Promise<string> {
  const args = { prompts, tokens };
  const samples = { forward: [] as number[], typescript: [] as number[], python: [] as number[] };
  let mebibytes = 0;
  // The first round warms up, and does not count.
  for (let round = 0; round <= rounds; round++) {
    const forward = (await client.call("forward_ms", args)) as number;
    const began = performance.now();
    const states = await client.call("hidden_states", args);
    const typescript = performance.now() - began;
    if (!(states instanceof NdArray)) throw new TypeError("hidden_states did not return an array");
    mebibytes = states.data.byteLength / 2 ** 20;
    const { ms } = (await fromPython.ask([prompts, tokens])) as { ms: number };
    if (round === 0) continue;
    samples.forward.push(forward);
    samples.typescript.push(typescript);
    samples.python.push(ms);
  }
  const forward = median(samples.forward);
  const over = (fetched: number[]) => {
    const ms = median(fetched);
    return `${ms.toFixed(1)} ms (${(((ms - forward) / forward) * 100).toFixed(1)} % over it)`;
  };
  return `${prompts} × ${tokens} tokens, ${mebibytes.toFixed(1)} MiB of bfloat16: forward ${forward.toFixed(1)} ms, TypeScript ${over(samples.typescript)}, Python ${over(samples.python)}`;
}
