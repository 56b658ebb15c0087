// Lint, format, types, boundaries, unused code, docs and publishing, in TypeScript and Python.
import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";

const published = globSync("{packages,apps}/*/package.json")
  .filter((file) => !JSON.parse(readFileSync(file, "utf8")).private)
  .map((file) => file.slice(0, -"/package.json".length))
  .sort();

const checks = [
  ["format and lint", "biome ci --colors=off ."],
  ["format of Python", "ruff format --check ."],
  ["lint of Python", "ruff check ."],
  ["types", "turbo run typecheck --output-logs=errors-only"],
  ["types of Python", "pyright"],
  ["package graph", "turbo boundaries"],
  ["layers of folders", "node scripts/check-layers.mjs"],
  ["unused code", "knip"],
  ["code in the docs", "node scripts/check-docs.mjs"],
  ...published.map((folder) => [`publishing ${folder}`, `node scripts/check-publish.mjs ${folder}`]),
];

const queue = [...checks];
const failures = [];
async function worker() {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const [title, command] = check;
    const started = performance.now();
    const { status, output } = await run(command);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${status === 0 ? "ok  " : "FAIL"} ${title} (${seconds} s)`);
    if (status !== 0) failures.push({ title, command, output });
  }
}
await Promise.all([worker(), worker()]);

for (const { title, command, output } of failures) console.error(`\n--- ${title}: ${command}\n${output}`);
console.log(`check: ${checks.length - failures.length} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

function run(command) {
  return new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.stderr.on("data", (data) => (output += data));
    child.on("close", (status) => resolve({ status, output }));
  });
}
