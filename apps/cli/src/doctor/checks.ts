import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { SeerError, spawnProcess } from "@seer/config";
import { findIsolation, findPython, limitResources, type MissingWall } from "@seer/rpc/launch";
import type { Check } from "./check.ts";
import { firstLine } from "./find-program.ts";

/** Runs all checks concurrently; returns them in display order. */
export async function runChecks(): Promise<Check[]> {
  const uvFound = uv();
  return await Promise.all([
    python(uvFound),
    uvFound,
    git(),
    bubblewrap(),
    ownNetwork(),
    systemCallFilter(),
    limits(),
    gpu(),
    modal(),
    hub(),
    ...keys.map(key),
  ]);
}

async function python(uvFound: Promise<Check>): Promise<Check> {
  const check = {
    name: "Python",
    required: true,
    neededFor: "everything: sandboxes and sessions run Python 3.10 or newer",
    get: "python.org, or `apt install python3 python3-venv`; name another one in SEER_PYTHON",
  };
  try {
    const { executable, version } = await findPython();
    const found = `${version.join(".")} (${executable})`;
    // Debian's Python may lack venv and ensurepip, which uv does not need.
    const printed = await firstLine(executable, ["-c", "import venv, ensurepip; print('venv')"]);
    const ok = printed === "venv" || (await uvFound).ok;
    return { ...check, ok, found: ok ? found : `${found} without venv` };
  } catch (error) {
    if (!SeerError.isInstance(error)) throw error;
    return { ...check, ok: false, found: error.message };
  }
}

async function uv(): Promise<Check> {
  const found = await firstLine("uv", ["--version"]);
  return {
    name: "uv",
    ok: found !== undefined,
    required: false,
    found: found ?? "not found; venv and pip are used instead",
    neededFor: "installing `pythonPackages` in seconds, and Python versions other than this machine's",
    get: "docs.astral.sh/uv, or `pip install uv`",
  };
}

async function git(): Promise<Check> {
  const found = await firstLine("git", ["--version"]);
  return {
    name: "git",
    ok: found !== undefined,
    required: false,
    found: found ?? "not found",
    neededFor: "`repos`",
    get: "git-scm.com, or `apt install git`",
  };
}

async function bubblewrap(): Promise<Check> {
  const { kind, reason } = await findIsolation();
  return {
    name: "bubblewrap",
    ok: kind === "bubblewrap",
    required: false,
    found: kind === "bubblewrap" ? "works" : (reason ?? "does not work"),
    neededFor: "keeping sandboxes away from your files and keys; without it they run as you",
    get: "`apt install bubblewrap`; containers must allow user namespaces",
  };
}

async function ownNetwork(): Promise<Check> {
  return {
    name: "own network of sandboxes",
    ...(await wall("network")),
    required: false,
    neededFor:
      "keeping sandboxes away from services on this machine, such as databases and other users' notebooks",
    get: "`apt install slirp4netns`; containers must provide /dev/net/tun",
  };
}

async function systemCallFilter(): Promise<Check> {
  return {
    name: "system call filter",
    ...(await wall("system-calls")),
    required: false,
    neededFor:
      "denying sandboxes the kernel's keyrings, tracing, mounts and other system calls that they do not need",
    get: "a kernel with seccomp, on x86-64 or arm64",
  };
}

/** Whether a part of bubblewrap's isolation is available. */
async function wall(name: MissingWall["wall"]): Promise<Pick<Check, "ok" | "found">> {
  const { kind, lacks = [] } = await findIsolation();
  const missing = lacks.find((one) => one.wall === name);
  if (kind === "none") return { ok: false, found: "needs bubblewrap" };
  return { ok: missing === undefined, found: missing?.reason ?? "works" };
}

/** Limits a process of its own, as a sandbox is limited. */
async function limits(): Promise<Check> {
  const check = {
    name: "control groups",
    required: false,
    neededFor:
      "limiting the memory and processes of a sandbox as a whole; without them each process is limited alone",
    get: "systemd, or a container whose /sys/fs/cgroup is writable",
  };
  const child = spawnProcess(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  try {
    await once(child, "spawn");
    await using inForce = await limitResources(child.pid as number, `doctor-${randomUUID()}`, {});
    const ok = inForce.by !== "processes";
    const found = ok
      ? `works, by ${inForce.by === "systemd" ? "systemd" : "control groups"}`
      : inForce.reason;
    child.kill("SIGKILL");
    await once(child, "exit");
    return { ...check, ok, found: found ?? "does not work" };
  } catch (error) {
    return { ...check, ok: false, found: (error as Error).message };
  } finally {
    child.kill("SIGKILL");
  }
}

async function gpu(): Promise<Check> {
  const query = ["--query-gpu=name,memory.total", "--format=csv,noheader"];
  const found = await firstLine("nvidia-smi", query);
  return {
    name: "GPU",
    ok: found !== undefined,
    required: false,
    found: found ?? "nvidia-smi finds none",
    neededFor: "models that are too slow on a CPU",
    get: "an NVIDIA GPU and its driver, or the backend `modal`",
  };
}

/** Whether there are credentials. Does not ask Modal whether they are valid. */
async function modal(): Promise<Check> {
  const inEnvironment =
    (isSet("MODAL_TOKEN_ID") && isSet("MODAL_TOKEN_SECRET")) || isSet("MODAL_OAUTH_REFRESH_TOKEN");
  const file = process.env.MODAL_CONFIG_PATH || join(homedir(), ".modal.toml");
  const profiles = await readFile(file, "utf8").catch(() => "");
  const inFile = /^\s*(token_id|oauth_refresh_token)\s*=/m.test(profiles);
  return {
    name: "Modal credentials",
    ok: inEnvironment || inFile,
    required: false,
    found: inEnvironment ? "in the environment" : inFile ? `in ${file}` : "not found",
    neededFor: "the backend `modal`: GPUs by the second (`seer gpus` has the prices)",
    get: "`pip install modal && modal token new`, or MODAL_TOKEN_ID and MODAL_TOKEN_SECRET",
  };
}

/** The token for the Hugging Face hub, in the same places as `huggingface_hub` looks for it. */
async function hub(): Promise<Check> {
  const home =
    process.env.HF_HOME || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  const file = process.env.HF_TOKEN_PATH || join(home, "token");
  const inFile = (await readFile(file, "utf8").catch(() => "")).trim() !== "";
  const inEnvironment = isSet("HF_TOKEN");
  return {
    name: "HF_TOKEN",
    ok: inEnvironment || inFile,
    required: false,
    found: inEnvironment
      ? "set"
      : inFile
        ? `not set, but in ${file}, where only this machine finds it`
        : "not set",
    neededFor: "gated models of the Hugging Face hub",
    get: "huggingface.co/settings/tokens, then `export HF_TOKEN=…`",
  };
}

const keys = [
  { name: "ANTHROPIC_API_KEY", neededFor: "agents on Claude", get: "console.anthropic.com" },
  { name: "OPENAI_API_KEY", neededFor: "agents on OpenAI models", get: "platform.openai.com" },
  { name: "GEMINI_API_KEY", neededFor: "agents on Gemini", get: "aistudio.google.com" },
];

/** Whether a key is set; its value is not shown. */
function key({ name, neededFor, get }: (typeof keys)[number]): Check {
  const ok = isSet(name);
  return { name, ok, required: false, found: ok ? "set" : "not set", neededFor, get };
}

function isSet(variable: string): boolean {
  return (process.env[variable] ?? "") !== "";
}
