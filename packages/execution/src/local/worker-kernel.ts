import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LimitsConfig, pythonSourceDirectory } from "@seer/config";
import { Picture, type RpcClient, RpcError } from "@seer/rpc";
import {
  compileSource,
  compileTarget,
  type Isolation,
  type LaunchedHost,
  launchHost,
  type PythonInterpreter,
} from "@seer/rpc/launch";
import { z } from "zod";
import type { Cell, CellEnd, Kernel, RunningCell } from "../run/kernel.ts";

export interface WorkerOptions {
  name: string;
  workspaceDir: string;
  /** Directory of the workspace's libraries. */
  libraryDir: string;
  python: PythonInterpreter;
  env: Readonly<Record<string, string>>;
  /** Strings that the host masks in its log. */
  secrets: readonly string[];
  isolation: Isolation;
  gpu: boolean;
  limits: LimitsConfig;
  signal: AbortSignal;
}

/** Runs cells in the worker of a local RPC host, which ends with this process. */
export class WorkerKernel implements Kernel {
  isLost = false;
  readonly #host: LaunchedHost;
  readonly #client: RpcClient;
  /** ID passed to `begin`. A worker that has been replaced since then does not know it. */
  #session = "";

  private constructor(host: LaunchedHost, client: RpcClient) {
    this.#host = host;
    this.#client = client;
    void host.exited.then(() => {
      this.isLost = true;
      // Otherwise the client would try to reconnect for a while, and its calls would wait.
      return client.close();
    });
  }

  static async start(options: WorkerOptions): Promise<WorkerKernel> {
    const { name, workspaceDir, libraryDir, python, env, secrets, isolation, gpu, limits, signal } = options;
    const source = pythonSourceDirectory(import.meta.url, "seer_session");
    await compileSource(source, compileTarget(python));
    const host = await launchHost({
      file: join(source, "seer_session", "session.py"),
      name,
      python,
      cwd: workspaceDir,
      env: {
        // There is no screen: figures are returned as images.
        MPLBACKEND: "Agg",
        ...env,
        // Not through the host's `path`, so that programs started by the code find the libraries too.
        PYTHONPATH: [libraryDir, env.PYTHONPATH].filter(Boolean).join(":"),
      },
      secrets,
      isolation: { ...isolation, readOnly: [[source, source]], devices: gpu ? "gpu" : "none" },
      resources: limits,
      signal,
    });
    try {
      const client = await host.client({ signal });
      await client.describe({ signal });
      return new WorkerKernel(host, client);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  async begin(signal: AbortSignal): Promise<void> {
    this.#session = randomUUID();
    await this.#client.call("begin", { session: this.#session }, { signal });
  }

  run(cell: Cell): RunningCell {
    const callId = randomUUID();
    return { end: this.#run(cell, callId), interrupt: () => this.#interrupt(callId) };
  }

  async restart(signal: AbortSignal): Promise<void> {
    await this.#client.restart({ signal });
    await this.#client.describe({ signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#host.close();
  }

  async #run({ code, name, onOutput }: Cell, callId: string): Promise<CellEnd> {
    try {
      const args = { session: this.#session, code, name };
      const outcome = outcomeSchema.parse(await this.#client.call("execute", args, { callId, onOutput }));
      if (outcome === null) return { how: "replaced" };
      const { interrupted, ...rest } = outcome;
      return interrupted
        ? { how: "interrupted", survived: true, error: rest.error }
        : { how: "finished", outcome: rest };
    } catch (error) {
      if (!RpcError.isInstance(error)) throw error;
      if (error.code === "rpc/cancelled") return { how: "interrupted", survived: await this.#hasSurvived() };
      if (!deathCodes.has(error.code)) throw error;
      return { how: "died", cause: error };
    }
  }

  /** Unlike aborting the client's signal, this lets `call` wait until the code has ended. */
  async #interrupt(callId: string): Promise<void> {
    const request = { method: "DELETE", headers: { authorization: `Bearer ${this.#host.token}` } };
    for (let attempt = 0; attempt < 20; attempt++) {
      const response = await fetch(`${this.#host.url}/calls/${callId}`, request).catch(() => undefined);
      await response?.body?.cancel();
      // The call uses another connection, so this request may arrive first.
      if (response?.status !== 404) return;
      await sleep(50);
    }
  }

  /** Whether the worker is still the one of the last `begin`: a worker that does not stop is killed and replaced. */
  async #hasSurvived(): Promise<boolean> {
    const answer = this.#client.call("is_current", { session: this.#session }, { timeoutMs: 10_000 });
    return (await answer.catch(() => false)) === true;
  }
}

const deathCodes: ReadonlySet<string> = new Set([
  "rpc/worker-died",
  "rpc/load-failed",
  "rpc/unreachable",
  "rpc/call-lost",
  "rpc/closed",
]);

const absent = <T>(value: T | null): T | undefined => value ?? undefined;

/** The answer of `seer_session` for a cell; null if the process has not been set up for this session. */
const outcomeSchema = z
  .object({
    result: z.string().nullable().transform(absent),
    images: z.array(
      z
        .object({ media_type: z.string(), data: z.instanceof(Uint8Array<ArrayBuffer>) })
        .transform(({ media_type, data }) => new Picture(media_type, data)),
    ),
    error: z
      .object({ type: z.string(), message: z.string(), traceback: z.string() })
      .nullable()
      .transform(absent),
    interrupted: z.boolean(),
  })
  .nullable();
