// The first program of every emulated sandbox. It runs inside the sandbox's namespaces and starts everything there:
// the emulator connects to its socket once for every command, tunnel connection and forwarded port.
import { createServer, type Socket } from "node:net";
import { dial } from "./dial.ts";
import { isFileTool, runFileTool } from "./file-tool/run-file-tool.ts";
import { forward } from "./forward.ts";
import { type Opening, readLine } from "./frames.ts";
import { runProcess } from "./run-process.ts";

const [socketPath = "", emulatorPath = ""] = process.argv.slice(2);

// The emulator holds the other end of stdin: when it dies, however it dies, so does this sandbox.
process.stdin
  .on("end", () => process.exit(0))
  .on("error", () => process.exit(0))
  .resume();

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  accept(socket).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    socket.destroy();
  });
});
server.listen(socketPath, () => process.stdout.write("ready\n"));

async function accept(socket: Socket): Promise<void> {
  const opening = JSON.parse(await readLine(socket)) as Opening;
  switch (opening.kind) {
    case "exec":
      return isFileTool(opening.argv) ? runFileTool(socket, opening) : runProcess(socket, opening);
    case "dial":
      return dial(socket, opening.port);
    case "forward":
      return forward(socket, opening.port, emulatorPath);
  }
}
