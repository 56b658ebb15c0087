// Kills owners at random moments of a start: `pnpm --filter @seer/environment kill-starts --backend local --count 20`.
// Exits with 1 when anything was left after the lease.
import { parseArgs } from "node:util";
import { startModalEmulator } from "@seer/modal-emulator";
import type { IsolationChoice } from "../src/index.ts";
import { killStarts } from "./kill-starts.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "local" },
    isolation: { type: "string", default: "auto" },
    count: { type: "string", default: "20" },
    seed: { type: "string" },
    "lease-ms": { type: "string" },
  },
});
const backend = values.backend === "modal" ? "modal" : "local";
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const emulator = backend === "modal" ? await startModalEmulator() : undefined;
if (emulator !== undefined) Object.assign(process.env, emulator.env);
console.log(`${backend}, isolation ${values.isolation}, seed ${seed}`);

const kills = await killStarts({
  backend,
  isolation: values.isolation as IsolationChoice,
  count: Number(values.count),
  seed,
  leaseMs: Number(values["lease-ms"] ?? (backend === "modal" ? 2000 : 500)),
  remote: () =>
    (emulator?.sandboxes() ?? [])
      .filter(({ state }) => state !== "finished")
      .map(({ id, state }) => `${state} sandbox ${id} on Modal`),
  onKill: ({ atMs, during, left }) =>
    console.log(
      `${String(atMs).padStart(6)} ms  ${left.length === 0 ? "nothing left" : left.join(", ")}  (${during})`,
    ),
});
await emulator?.close();
const bad = kills.filter(({ left }) => left.length > 0);
console.log(`${kills.length} kills, ${bad.length} left something`);
process.exit(bad.length === 0 ? 0 : 1);
