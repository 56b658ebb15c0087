import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { EnvironmentError } from "../../errors.ts";

// The kernel's limit is 108 bytes, or 104 on some systems.
const longestSocketPath = 100;

/** @throws EnvironmentError `environment/ended` if nothing listens on the socket */
export async function dialSocket(path: string): Promise<Socket> {
  if (Buffer.byteLength(path) <= longestSocketPath) return await dial(path);
  const directory = await mkdtemp(join(tmpdir(), "seer-"));
  try {
    await symlink(dirname(path), join(directory, "s"));
    return await dial(join(directory, "s", basename(path)));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function dial(path: string): Promise<Socket> {
  const socket = connect({ path });
  try {
    await once(socket, "connect");
    return socket;
  } catch (cause) {
    socket.destroy();
    throw new EnvironmentError("environment/ended", "The sandbox has ended", { cause });
  }
}
