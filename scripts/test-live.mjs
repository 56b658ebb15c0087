// Tests against the real Modal and the real hub, as far as there are credentials; without any it says so and is content.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const { env } = process;
const profile = env.MODAL_CONFIG_PATH || join(homedir(), ".modal.toml");
const hasModal =
  (env.MODAL_TOKEN_ID && env.MODAL_TOKEN_SECRET) ||
  (existsSync(profile) && /^\s*token_id\s*=/m.test(readFileSync(profile, "utf8")));
const noModal = "no credentials (run `modal token new`, or set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET)";

const suites = [
  { name: "Modal, CPU", file: "modal-cpu", reason: hasModal ? undefined : noModal },
  {
    name: "Modal, GPU",
    file: "modal-gpu",
    reason: !hasModal ? noModal : env.SEER_LIVE_GPU ? undefined : "SEER_LIVE_GPU is not set (to T4, say)",
  },
  { name: "the hub", file: "hub", reason: env.HF_TOKEN ? undefined : "no credentials (set HF_TOKEN)" },
];

const chosen = suites.filter(({ reason }) => reason === undefined);
let status = 0;
if (chosen.length > 0) {
  const files = chosen.map(({ file }) => `tests/live/${file}.live.test.ts`);
  const vitest = spawnSync("vitest", ["run", "--config", "vitest.live.config.ts", ...files], {
    stdio: "inherit",
  });
  status = vitest.status ?? 1;
}
for (const { name, reason } of suites) {
  console.log(
    `live: ${name}: ${reason === undefined ? (status === 0 ? "passed" : "see above") : `not run: ${reason}`}`,
  );
}
process.exit(status);
