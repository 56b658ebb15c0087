import { Duplex } from "node:stream";
import type { ContainerProcess, Sandbox } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import { callModal } from "./call-modal.ts";
import { initSocket } from "./init-command.ts";

const dialTimeoutMs = 60_000;

/**
 * Connects to a sandbox's init through a command in the sandbox that forwards all bytes. Modal authenticates the
 * connection, and its SDK resumes interrupted streams.
 */
export async function dialInit(sandbox: Sandbox): Promise<Duplex> {
  const command = [runtimePaths.python, "-I", "-S", `${runtimePaths.init}/seer_init/bridge.py`, initSocket];
  const bridge = await start(sandbox, command);
  return toDuplex(bridge);
}

async function start(sandbox: Sandbox, command: string[]): Promise<ContainerProcess<Uint8Array>> {
  try {
    return await callModal(
      "run a command",
      () => sandbox.exec(command, { mode: "binary", stderr: "ignore", workdir: "/" }),
      { deadlineMs: dialTimeoutMs },
    );
  } catch (error) {
    if (EnvironmentError.isInstance(error) && error.code === "environment/credentials-missing") {
      // The account's token worked before, so this is the sandbox's own token, which the SDK renews.
      throw new EnvironmentError("environment/backend-unreachable", error.message, {
        hint: "Try again; if that does not help, run `modal token new`.",
        cause: error,
      });
    }
    if (EnvironmentError.isInstance(error)) throw error;
    throw new EnvironmentError("environment/ended", "The sandbox has ended", { cause: error });
  }
}

function toDuplex({ stdin, stdout }: ContainerProcess<Uint8Array>): Duplex {
  const reader = stdout.getReader();
  const writer = stdin.getWriter();
  return new Duplex({
    // Each write is a separate call, so buffered chunks are written together.
    writableHighWaterMark: 1024 * 1024,
    read() {
      reader.read().then(
        ({ done, value }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      writer.write(chunk).then(() => done(), done);
    },
    writev(chunks, done) {
      writer.write(Buffer.concat(chunks.map(({ chunk }) => chunk as Uint8Array))).then(() => done(), done);
    },
    final(done) {
      writer.close().then(() => done(), done);
    },
    destroy(error, done) {
      // The bridge ends when its input ends.
      writer.close().catch(() => {});
      reader.cancel().catch(() => {});
      done(error);
    },
  });
}
