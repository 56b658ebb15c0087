import { fileURLToPath } from "node:url";
import type { Operation } from "../drivers/driver.ts";
import type { Group } from "../options.ts";

/** The measured rows, with the same method for all contestants. */
export type Row = { group: Group; title: string } & (
  | { kind: "calls"; way: Way; operation: Operation; count: number }
  | { kind: "burst"; way: Way; operation: Operation; callers: number; count: number }
  | { kind: "probe"; way: Way }
  | { kind: "start"; file: string; function: string; models: { name: string; path: string }[] }
  | { kind: "sandboxes"; program: "new" | "running" }
  | { kind: "sandbox-burst" }
);

export type CallRow = Exclude<Row, { kind: "start" | "sandboxes" | "sandbox-burst" }>;
export type StartRow = Extract<Row, { kind: "start" }>;
export type SandboxesRow = Extract<Row, { kind: "sandboxes" }>;
export type BurstRow = Extract<Row, { kind: "sandbox-burst" }>;
export type Way = "loopback" | "tunnel";

// Few calls in a round and many rounds: so whatever else the machine does meets everyone alike.
export const callRows: readonly CallRow[] = [
  calls("calls", "echo", "echo", 60),
  calls("calls", "1,000 numbers, there and back", "numbers", 20),
  burst("throughput", "32 callers, 960 echoes", "echo", 32, 960),
  calls("arrays", "1M float32 returned", "floats", 5),
  calls("arrays", "1M float32 uploaded", "take", 5),
  burst("sleeps", "64 sleeps of 50 ms at once", "nap", 64, 64),
  { group: "health", title: "health while C code holds the GIL", kind: "probe", way: "loopback" },
  tunnelled(calls("tunnel", "echo through the tunnel", "echo", 5)),
  tunnelled(burst("tunnel", "32 echoes at once through the tunnel", "echo", 32, 32)),
  tunnelled(calls("tunnel", "1M float32 returned through the tunnel", "floats", 3)),
  tunnelled(calls("tunnel", "1M float32 uploaded through the tunnel", "take", 3)),
];

const example = fileURLToPath(new URL("../../../../examples/scoped-sandbox-intro/", import.meta.url));

export const startRows: readonly StartRow[] = [
  {
    group: "start",
    title: "from start to first answer, a file that imports numpy",
    kind: "start",
    file: fileURLToPath(new URL("../../python/start/sum_with_numpy.py", import.meta.url)),
    function: "total",
    models: [],
  },
  {
    group: "start",
    title: "from start to first answer, the example's interface",
    kind: "start",
    file: `${example}interface.py`,
    function: "get_model_info",
    models: [{ name: "induction-2l", path: `${example}model/induction-2l` }],
  },
];

export const sandboxesRows: readonly SandboxesRow[] = [
  {
    group: "sandboxes",
    title: "a program, from its start until its sandboxes answer",
    kind: "sandboxes",
    program: "new",
  },
  {
    group: "sandboxes",
    title: "sandboxes of a program that had some before, until they answer",
    kind: "sandboxes",
    program: "running",
  },
];

export const burstRows: readonly BurstRow[] = [
  {
    group: "sandboxes",
    title: "processor time of all processes, for each sandbox that serves an interface",
    kind: "sandbox-burst",
  },
];

function calls(group: Group, title: string, operation: Operation, count: number): CallRow {
  return { group, title, kind: "calls", way: "loopback", operation, count };
}

function burst(group: Group, title: string, operation: Operation, callers: number, count: number): CallRow {
  return { group, title, kind: "burst", way: "loopback", operation, callers, count };
}

function tunnelled(row: CallRow): CallRow {
  return { ...row, way: "tunnel" };
}
