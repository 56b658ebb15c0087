import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { type ExecOpening, frameKind, readFrames } from "../frames.ts";
import { ProcessChannel } from "../process-channel.ts";
import { describeFailure } from "./failures.ts";
import { type FileCommand, operations } from "./operations.ts";

const PATH = "/__modal/.bin/modal-sandbox-fs-tools";

/** The size of a pipe: a client that waits for the tool's end before reading a larger file waits forever, as with Modal. */
const PIPE_BYTES = 64 * 1024;

/** Whether a command is the program behind the SDK's `sandbox.filesystem`. */
export function isFileTool(argv: readonly string[]): boolean {
  return argv[0] === PATH;
}

/**
 * Does what Modal's file tool does, in this process: the same command line, streams, exit code and JSON of errors,
 * without the time that starting a program for each file takes.
 */
export async function runFileTool(socket: Socket, opening: ExecOpening): Promise<void> {
  const channel = new ProcessChannel(socket);
  const stdin = new PassThrough();
  // An operation that fails leaves its input unread.
  stdin.on("error", () => {});
  const stdout = new PassThrough({ writableHighWaterMark: 1, readableHighWaterMark: PIPE_BYTES + 1 });
  const hangUp = new AbortController();
  channel.attach("stdout", stdout);
  socket.once("close", () => hangUp.abort());
  void readInput(socket, stdin, channel);
  try {
    const [name, argument] = Object.entries(JSON.parse(opening.argv[1] ?? "null") as FileCommand)[0] ?? [];
    const operation = operations[name as keyof typeof operations];
    if (operation === undefined) throw new Error(`The emulated file tool knows no ${name}`);
    await operation(argument as never, { stdin, stdout, signal: hangUp.signal });
    stdout.end();
    channel.exit({ code: 0 });
  } catch (error) {
    stdout.destroy();
    channel.complain(JSON.stringify(describeFailure(error)));
    channel.exit({ code: 1 });
  }
  await channel.finish();
}

async function readInput(socket: Socket, stdin: PassThrough, channel: ProcessChannel): Promise<void> {
  for await (const frame of readFrames(socket)) {
    if (!channel.obey(frame, stdin) && frame.kind === frameKind.kill) socket.destroy();
  }
}
