import { type NetworkAccessMessage, readNetwork } from "../control/read-definition.ts";
import type { EmulatorState } from "../emulator-state.ts";
import type { CallContext, Handlers } from "../wire/call-context.ts";
import { StatusError } from "../wire/status-error.ts";

interface WithTask {
  taskId: string;
}

interface SnapshotRequest extends WithTask {
  snapshotId: string;
  /** -1 for never. */
  ttlSeconds: number;
}

interface StdioReadRequest extends WithTask {
  offset: number;
  fileDescriptor: number;
}

interface StdinWriteRequest extends WithTask {
  offset: number;
  data: Buffer;
  eof: boolean;
}

const STDOUT = 0;

/** What concerns a running sandbox as a whole: its own command's streams, readiness, snapshots, network. */
export function runningSandboxHandlers(state: EmulatorState): Handlers {
  const { sandboxes, images, clock } = state;
  const snapshots = new Map<string, Promise<string>>();

  /** Clients repeat a call whose reply was lost; the snapshot's id tells. */
  async function snapshot(request: SnapshotRequest): Promise<{ imageId: string }> {
    const sandbox = sandboxes.byTask(request.taskId);
    const { rootfs } = sandbox.running();
    const release = sandbox.beginUse();
    const expiresAt = request.ttlSeconds < 0 ? undefined : clock.now() + request.ttlSeconds * 1000;
    const { config } = images.get(sandbox.definition.imageId);
    const imageId = snapshots.get(request.snapshotId) ?? images.snapshot(rootfs, config, expiresAt);
    snapshots.set(request.snapshotId, imageId);
    try {
      return { imageId: await imageId };
    } catch (error) {
      snapshots.delete(request.snapshotId);
      throw error;
    } finally {
      release();
    }
  }

  return {
    async *SandboxStdioReadV2(request: StdioReadRequest, { signal }: CallContext) {
      const sandbox = sandboxes.byTask(request.taskId);
      const main = await sandbox.changed.until(() => sandbox.main, {
        signal: AbortSignal.any([signal, sandbox.signal]),
      });
      if (main === undefined) return;
      const stream = request.fileDescriptor === STDOUT ? main.stdout : main.stderr;
      let startingOffset = request.offset;
      for await (const data of stream.read(startingOffset, signal)) {
        yield { data, startingOffset };
        startingOffset += data.length;
      }
    },

    async SandboxStdinWriteV2(request: StdinWriteRequest) {
      const sandbox = sandboxes.byTask(request.taskId);
      sandbox.running();
      const { main } = sandbox;
      if (main === undefined)
        throw new StatusError("FAILED_PRECONDITION", "The Sandbox has no command to write to");
      sandbox.touch();
      if (request.data.length > 0) await main.stdin.write(request.offset, request.data);
      if (request.eof) await main.stdin.close();
    },

    async SandboxWaitUntilReady(request: WithTask & { timeout: number }, { signal }: CallContext) {
      const sandbox = sandboxes.byTask(request.taskId);
      if (sandbox.definition.probe === undefined) {
        throw new StatusError("FAILED_PRECONDITION", "The Sandbox has no readiness probe");
      }
      const timeoutMs = request.timeout * 1000;
      const readyAt = await sandbox.changed.until(() => (sandbox.result ? -1 : sandbox.readyAt), {
        signal,
        timeoutMs,
      });
      if (readyAt === undefined) throw new StatusError("DEADLINE_EXCEEDED", "The Sandbox is not ready yet");
      if (readyAt < 0)
        throw new StatusError("FAILED_PRECONDITION", "The Sandbox finished before it was ready");
      return { readyAt: readyAt / 1000 };
    },

    TaskSnapshotFilesystem: snapshot,

    /** Volumes are plain directories here: every sandbox sees every write at once. */
    TaskReloadVolumes: ({ taskId }: WithTask) => void sandboxes.byTask(taskId).running(),

    TaskSetNetworkAccess({ taskId, networkAccess }: WithTask & { networkAccess: NetworkAccessMessage }) {
      sandboxes.byTask(taskId).running().egress.setPolicy(readNetwork(networkAccess));
    },
  };
}
