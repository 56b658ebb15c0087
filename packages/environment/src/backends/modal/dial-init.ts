import { Duplex } from "node:stream";
import type { ContainerProcess, Sandbox } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { runtimePaths } from "../runtime-paths.ts";
import { askModal } from "./ask-modal.ts";
import { initSocket } from "./init-command.ts";

const dialMs = 60_000;

/**
 * Connects to a sandbox's first process: a command in the sandbox carries the bytes. Modal asks for the token, and its
 * SDK resumes streams that break.
 */
export async function dialInit(sandbox: Sandbox): Promise<Duplex> {
  const command = [runtimePaths.python, "-I", "-S", `${runtimePaths.init}/seer_init/bridge.py`, initSocket];
  const bridge = await start(sandbox, command);
  return joined(bridge);
}

async function start(sandbox: Sandbox, command: string[]): Promise<ContainerProcess<Uint8Array>> {
  try {
    return await askModal(
      "run a command",
      () => sandbox.exec(command, { mode: "binary", stderr: "ignore", workdir: "/" }),
      { deadlineMs: dialMs },
    );
  } catch (error) {
    if (EnvironmentError.isInstance(error) && error.code === "environment/credentials-missing") {
      // The account was good enough to get here; this was the sandbox's own token, which the SDK renews.
      throw new EnvironmentError("environment/backend-unreachable", error.message, {
        hint: "Try again; when that does not help, run `modal token new`.",
        cause: error,
      });
    }
    if (EnvironmentError.isInstance(error)) throw error;
    throw new EnvironmentError("environment/ended", "The sandbox has ended", { cause: error });
  }
}

function joined({ stdin, stdout }: ContainerProcess<Uint8Array>): Duplex {
  const reader = stdout.getReader();
  const writer = stdin.getWriter();
  return new Duplex({
    // Each write is a call of its own, so what has gathered goes together.
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
      // The end of its input ends the bridge.
      writer.close().catch(() => {});
      reader.cancel().catch(() => {});
      done(error);
    },
  });
}
