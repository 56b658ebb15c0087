import type { EmulatorState } from "../emulator-state.ts";
import type { Exec } from "../execs/exec.ts";
import type { ExitStatus } from "../inside/frames.ts";
import type { Sandbox } from "../sandboxes/sandbox.ts";
import type { SecretSource } from "../stores/secret-store.ts";
import type { CallContext, Handlers } from "../wire/call-context.ts";
import { StatusError } from "../wire/status-error.ts";

interface WithExec {
  taskId: string;
  execId: string;
}

interface ExecStartRequest extends WithExec {
  commandArgs: string[];
  stdoutConfig: number;
  stderrConfig: number;
  timeoutSecs?: number;
  workdir?: string;
  secretIds: string[];
  secretSources: SecretSource[];
  env: Record<string, string>;
  ptyInfo?: { enabled: boolean };
}

interface StdioReadRequest extends WithExec {
  offset: number;
  fileDescriptor: number;
}

interface StdinWriteRequest extends WithExec {
  offset: number;
  data: Buffer;
  eof: boolean;
}

interface StdinStreamRequest {
  start?: WithExec & { offset: number };
  data?: Buffer;
  end?: object;
}

/** On the wire: discard the stream. */
const DEVNULL = 0;

/** On the wire, stdout is 0 here and 1 for the control service. */
const STDOUT = 0;

/** Starts commands in running sandboxes, and carries their streams. */
export function execHandlers({ sandboxes, secrets, tokens }: EmulatorState): Handlers {
  return {
    async TaskExecStart(request: ExecStartRequest) {
      const sandbox = sandboxes.byTask(request.taskId);
      const command = {
        argv: request.commandArgs,
        env: { ...secrets.merge(request.secretIds, request.secretSources), ...request.env },
        pty: request.ptyInfo?.enabled ?? false,
        ...(request.workdir !== undefined && { workdir: request.workdir }),
      };
      const timeoutMs = request.timeoutSecs === undefined ? undefined : request.timeoutSecs * 1000;
      await sandbox.exec(request.execId, command, timeoutMs);
      const exec = sandbox.execs.get(request.execId);
      if (request.stdoutConfig === DEVNULL) exec?.stdout.drain();
      if (request.stderrConfig === DEVNULL) exec?.stderr.drain();
    },

    async *TaskExecStdioRead(request: StdioReadRequest, { signal }: CallContext) {
      const { exec } = find(request);
      const stream = request.fileDescriptor === STDOUT ? exec.stdout : exec.stderr;
      for await (const data of stream.read(request.offset, signal)) yield { data };
    },

    async TaskExecStdinWrite(request: StdinWriteRequest) {
      const { sandbox, exec } = find(request);
      sandbox.touch();
      if (request.data.length > 0) await exec.stdin.write(request.offset, request.data);
      if (request.eof) await exec.stdin.close();
    },

    TaskExecStdinStatus: (request: WithExec) => find(request).exec.stdin.status,

    async TaskExecStdinWriteStream(messages: AsyncIterable<StdinStreamRequest>, context: CallContext) {
      let target: Exec | undefined;
      let offset = 0;
      for await (const { start, data, end } of messages) {
        if (start !== undefined) {
          tokens.checkRouter(context.header("authorization"), start.taskId);
          target = find(start).exec;
          offset = start.offset;
        } else if (target === undefined) {
          throw new StatusError("INVALID_ARGUMENT", "The stream begins without saying for which command");
        } else if (data !== undefined) {
          await target.stdin.write(offset, data);
          offset += data.length;
        } else if (end !== undefined) await target.stdin.close();
      }
    },

    TaskExecPoll: (request: WithExec) => exitOf(find(request).exec.exit),

    async TaskExecWait(request: WithExec, { signal }: CallContext) {
      return exitOf(await find(request).exec.wait(signal));
    },
  };

  function find({ taskId, execId }: WithExec): { sandbox: Sandbox; exec: Exec } {
    const sandbox = sandboxes.byTask(taskId);
    const exec = sandbox.execs.get(execId);
    if (exec === undefined)
      throw new StatusError("NOT_FOUND", `No command ${execId} was started in ${sandbox.id}`);
    return { sandbox, exec };
  }
}

function exitOf(exit: ExitStatus | undefined): object {
  if (exit === undefined) return {};
  return exit.code === undefined ? { signal: exit.signal ?? 9 } : { code: exit.code };
}
