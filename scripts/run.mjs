// The one entry of `npm run demo`, `npm test` and CI: makes a fresh clone ready, skips what is, and runs the task.
// Plain JavaScript without dependencies, because it runs before anything is installed, on the machine's own Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, "node_modules", ".seer");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const env = {
  ...process.env,
  // Node 24 from the registry (itself, not a shim that keeps signals) and the development Python come before the machine's own.
  PATH: [
    join(root, "node_modules", "node", "bin"),
    join(root, "node_modules", ".bin"),
    join(root, ".venv", "bin"),
    process.env.PATH,
  ].join(delimiter),
  SEER_PYTHON: join(root, ".venv", "bin", "python"),
  TURBO_TELEMETRY_DISABLED: "1",
  // Tests start Node many hundred times.
  NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "node"),
};

const programs = {
  setup: undefined,
  demo: "examples/scoped-sandbox-intro/main.ts",
  test: "scripts/test.mjs",
  "test:soak": "scripts/test.mjs --soak",
  "test:live": "scripts/test-live.mjs",
  check: "scripts/check.mjs",
};

const [name = "setup", ...rest] = process.argv.slice(2);
if (!(name in programs)) fail(`Unknown task ${name}; there are ${Object.keys(programs).join(", ")}.`);
const program = programs[name];

const python = findPython();
once(
  "packages",
  ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...workspaceManifests()],
  "Installing packages",
  () => {
    run("npx", ["--yes", manifest.packageManager, "install", "--frozen-lockfile", "--reporter=append-only"], {
      quiet: true,
    });
  },
);
once("python", ["requirements-dev.txt"], "Making the development Python environment", () => {
  if (!existsSync(join(root, ".venv", "bin", "python")))
    run(python, ["-m", "venv", ".venv"], { quiet: true });
  run(
    join(root, ".venv", "bin", "python"),
    ["-m", "pip", "install", "--quiet", "-r", "requirements-dev.txt"],
    { quiet: true },
  );
});
say("Building (cached)");
run("turbo", ["run", "build", "--output-logs=errors-only"], { quiet: true });
// For `npx seer`, which would look for another one on the registry. The root depends on no package, so pnpm links none.
const command = join(root, "node_modules", ".bin", "seer");
if (!existsSync(command)) symlinkSync(join("..", "..", "apps", "cli", "dist", "main.js"), command);
if (program !== undefined) run("node", [...program.split(" "), ...rest]);

function findPython() {
  const wanted = process.env.SEER_PYTHON
    ? [process.env.SEER_PYTHON]
    : ["python3", "python3.13", "python3.12", "python3.11", "python3.10"];
  for (const command of wanted) {
    const found = spawnSync(
      command,
      ["-c", "import sys, venv, ensurepip; print(sys.version_info >= (3, 10))"],
      { encoding: "utf8" },
    );
    if (found.stdout?.trim() === "True") return command;
  }
  fail(
    `No Python 3.10 or newer with venv was found (tried ${wanted.join(", ")}).\n` +
      "Install one (Debian and Ubuntu: `apt-get install python3 python3-venv`), or name one with SEER_PYTHON.",
  );
}

function workspaceManifests() {
  const nested = ["packages", "apps", "examples", "tools"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((entry) => `${folder}/${entry}/package.json`),
  );
  return [...nested, "tests/package.json"];
}

/** Runs a step unless the files that decide it are as they were when it last succeeded. */
function once(step, inputs, title, action) {
  const hash = createHash("sha256").update(process.version);
  for (const input of inputs)
    hash.update(existsSync(join(root, input)) ? readFileSync(join(root, input)) : input);
  const digest = hash.digest("hex");
  const stamp = join(stamps, step);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  say(title);
  action();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest);
}

function run(command, args, { quiet = false } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
  if (result.error) console.error(result.error.message);
  if (quiet) console.error(`\n\`${command} ${args.join(" ")}\` failed.`);
  process.exit(result.status ?? 1);
}

function say(message) {
  console.error(`• ${message}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
