import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { type ExecOpening, frameKind, readFrames } from "./frames.ts";
import { ProcessChannel } from "./process-channel.ts";

/** Runs a command in a session of its own, so that killing it takes its children along. */
export async function runProcess(socket: Socket, opening: ExecOpening): Promise<void> {
  const channel = new ProcessChannel(socket);
  const [file = "", ...args] = opening.pty ? withTerminal(opening.argv) : opening.argv;
  const child = spawn(file, args, { cwd: opening.cwd, env: opening.env, detached: true, stdio: "pipe" });
  channel.attach("stdout", child.stdout);
  channel.attach("stderr", child.stderr);
  child.stdin.on("error", () => {});
  child.once("exit", (code, signal) => {
    channel.exit(code === null ? { signal: constants.signals[signal ?? "SIGKILL"] } : { code });
    void channel.finish();
  });
  child.once("error", (error: NodeJS.ErrnoException) => {
    channel.complain(`${explain(error, opening)}\n`);
    channel.exit({ code: error.code === "ENOENT" ? 127 : 126 });
    void channel.finish();
  });
  // The emulator hangs up only when the command must not go on.
  socket.once("close", () => killGroup(child));
  for await (const frame of readFrames(socket)) {
    if (!channel.obey(frame, child.stdin) && frame.kind === frameKind.kill) killGroup(child);
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

function explain(error: NodeJS.ErrnoException, opening: ExecOpening): string {
  if (error.code === "ENOENT")
    return `exec: "${opening.argv[0]}" in ${opening.cwd}: no such file or directory`;
  return `exec: "${opening.argv[0]}": ${error.message}`;
}

/** util-linux's `script` gives a command a terminal; Node itself has none to give. */
function withTerminal(argv: string[]): string[] {
  const command = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", "--quiet", "--return", "--flush", "--command", command, "/dev/null"];
}
