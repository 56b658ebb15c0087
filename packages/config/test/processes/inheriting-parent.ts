// Prints what the descriptors of a child of this process are, started in the way that the argument names.
import { spawn } from "node:child_process";
import { spawnProcess } from "../../src/index.ts";

const script =
  "import json, os; print(json.dumps([os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.lexists(f'/proc/self/fd/{n}')]))";
const start = process.argv[2] === "spawnProcess" ? spawnProcess : spawn;
start("python3", ["-c", script], { stdio: ["ignore", "inherit", "inherit"] });
