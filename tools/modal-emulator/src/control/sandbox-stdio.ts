import type { EmulatorState } from "../emulator-state.ts";
import type { CallContext, Handlers } from "../wire/call-context.ts";
import { StatusError } from "../wire/status-error.ts";

interface GetLogsRequest {
  sandboxId: string;
  fileDescriptor: number;
  timeout: number;
  lastEntryId: string;
}

/** Clients of the older backend count their writes, and not their bytes. */
interface StdinWriteRequest {
  sandboxId: string;
  input: Buffer;
  index: number;
  eof: boolean;
}

/** On the wire, stdout is 1 here and 0 for the command router. */
const STDOUT = 1;

/** The streams of a sandbox's own command, on the older backend. */
export function sandboxStdioHandlers({ sandboxes }: EmulatorState): Handlers {
  const writes = new Map<string, number>();
  return {
    async *SandboxGetLogs(request: GetLogsRequest, { signal }: CallContext) {
      const sandbox = sandboxes.get(request.sandboxId);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(request.timeout * 1000)]);
      const [, from = "0"] = request.lastEntryId.split("-");
      let offset = Number(from);
      const main = await sandbox.changed.until(() => sandbox.main, {
        signal: AbortSignal.any([deadline, sandbox.signal]),
      });
      if (main !== undefined) {
        const stream = request.fileDescriptor === STDOUT ? main.stdout : main.stderr;
        const decoder = new TextDecoder();
        for await (const chunk of stream.read(offset, deadline)) {
          offset += chunk.length;
          const data = decoder.decode(chunk, { stream: true });
          yield { entryId: `0-${offset}`, items: [{ data, fileDescriptor: request.fileDescriptor }] };
        }
      }
      if (!deadline.aborted) yield { entryId: `0-${offset}`, eof: true };
    },

    async SandboxStdinWrite({ sandboxId, input, index, eof }: StdinWriteRequest) {
      const sandbox = sandboxes.get(sandboxId);
      sandbox.running();
      const { main } = sandbox;
      if (main === undefined)
        throw new StatusError("FAILED_PRECONDITION", "The Sandbox has no command to write to");
      sandbox.touch();
      if (index > (writes.get(sandboxId) ?? 0)) {
        writes.set(sandboxId, index);
        await main.stdin.write(main.stdin.status.numBytesWritten, input);
      }
      if (eof) await main.stdin.close();
    },
  };
}
