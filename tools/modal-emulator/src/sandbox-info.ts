import type { Sandbox } from "./sandboxes/sandbox.ts";
import type { SandboxDefinition, SandboxResult } from "./sandboxes/sandbox-definition.ts";

/** A sandbox as tests see it, running or ended; times are emulated. */
export interface SandboxInfo {
  id: string;
  /** 1 for sandboxes with a GPU or made with MODAL_SANDBOX_V2=0, else 2. */
  version: 1 | 2;
  state: "queued" | "running" | "finished";
  name?: string;
  tags: Record<string, string>;
  definition: SandboxDefinition;
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  result?: SandboxResult;
  /** What the sandbox's own command printed. */
  stdout: string;
  stderr: string;
}

export function describeSandbox(sandbox: Sandbox): SandboxInfo {
  const { name, startedAt, endedAt, result, main } = sandbox;
  return {
    id: sandbox.id,
    version: sandbox.version,
    state: sandbox.state,
    tags: { ...sandbox.tags },
    definition: sandbox.definition,
    createdAt: sandbox.createdAt,
    stdout: main?.stdout.text() ?? "",
    stderr: main?.stderr.text() ?? "",
    ...(name !== undefined && { name }),
    ...(startedAt !== undefined && { startedAt }),
    ...(endedAt !== undefined && { endedAt }),
    ...(result && { result }),
  };
}
