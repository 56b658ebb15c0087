import { clone, clone3, deniedSystemCalls, type SystemCall, socket } from "./denied-system-calls.ts";

type Architecture = keyof SystemCall;

// linux/audit.h
const auditArchitecture: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
// Marks system calls of the x32 ABI, which has its own numbers on the same architecture.
const x32Bit = 0x40000000;
// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
const newNamespaces = 0x7e020000;
const virtualSockets = 40;

// linux/bpf_common.h and linux/seccomp.h
const loadWord = 0x20;
const jumpIfEqual = 0x15;
const jumpIfGreaterOrEqual = 0x35;
const jumpIfAnyBit = 0x45;
const returnConstant = 0x06;
const numberOffset = 0;
const architectureOffset = 4;
const firstArgumentOffset = 16;

const verdicts = { allow: 0x7fff0000, denied: 0x00050001, missing: 0x00050026 } as const;
type Verdict = keyof typeof verdicts;

type Target = Verdict | number;

/** Loads a word of the call, or compares the loaded word; a number as target is how many instructions to skip. */
type Instruction =
  | { load: number }
  | { compare: number; value: number; ifTrue?: Target | undefined; ifFalse?: Target | undefined };

/**
 * The BPF program that decides which system calls a sandbox may make, in the form that `bwrap --seccomp` reads;
 * undefined on an architecture whose system call numbers are unknown.
 *
 * Calls with the numbers of another architecture, such as those of 32-bit programs, fail with ENOSYS.
 */
export function seccompFilter(architecture: string = process.arch): Buffer | undefined {
  if (architecture !== "x64" && architecture !== "arm64") return undefined;
  const denied = Object.values(deniedSystemCalls).flatMap((call) => call[architecture] ?? []);
  return assemble([
    { load: architectureOffset },
    { compare: jumpIfEqual, value: auditArchitecture[architecture], ifFalse: "missing" },
    { load: numberOffset },
    { compare: jumpIfGreaterOrEqual, value: x32Bit, ifTrue: "missing" },
    ...denied.map((value) => ({ compare: jumpIfEqual, value, ifTrue: "denied" as const })),
    { compare: jumpIfEqual, value: numberOf(clone3, architecture), ifTrue: "missing" },
    ...ofCall(numberOf(clone, architecture), {
      compare: jumpIfAnyBit,
      value: newNamespaces,
      ifTrue: "denied",
    }),
    ...ofCall(numberOf(socket, architecture), {
      compare: jumpIfEqual,
      value: virtualSockets,
      ifTrue: "denied",
    }),
  ]);
}

function numberOf(call: Required<SystemCall>, architecture: Architecture): number {
  return call[architecture];
}

/** Checks the first argument of one system call only. */
function ofCall(number: number, check: Instruction): Instruction[] {
  return [
    { compare: jumpIfEqual, value: number, ifFalse: 3 },
    { load: firstArgumentOffset },
    check,
    { load: numberOffset },
  ];
}

const instructionBytes = 8;

function assemble(instructions: readonly Instruction[]): Buffer {
  const order: readonly Verdict[] = ["allow", "denied", "missing"];
  const program = Buffer.alloc((instructions.length + order.length) * instructionBytes);
  const write = (index: number, code: number, value: number, then = 0, otherwise = 0) => {
    const at = index * instructionBytes;
    program.writeUInt16LE(code, at);
    program.writeUInt8(then, at + 2);
    program.writeUInt8(otherwise, at + 3);
    program.writeUInt32LE(value, at + 4);
  };
  for (const [index, instruction] of instructions.entries()) {
    const skip = (target: Target = 0) =>
      typeof target === "number" ? target : instructions.length + order.indexOf(target) - index - 1;
    if ("load" in instruction) write(index, loadWord, instruction.load);
    else
      write(
        index,
        instruction.compare,
        instruction.value,
        skip(instruction.ifTrue),
        skip(instruction.ifFalse),
      );
  }
  for (const [index, verdict] of order.entries())
    write(instructions.length + index, returnConstant, verdicts[verdict]);
  return program;
}
