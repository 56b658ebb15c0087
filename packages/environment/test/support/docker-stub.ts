import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll } from "vitest";
import { temporaryDirectory } from "./home.ts";

// It writes down how a sandbox calls it; an engine cannot run where the tests do.
const docker = `#!/bin/sh
[ -z "$SEER_SANDBOX_ID" ] || echo "$@" >> "$HOME/docker.log"
[ -S "\${DOCKER_HOST#unix://}" ] || { echo "Cannot connect to the Docker daemon at $DOCKER_HOST" >&2; exit 1; }
case "$1" in
  version) echo 27.1.1 ;;
  build) while [ "$1" != --file ]; do shift; done; echo "Step 1/1 : FROM scratch"; cat "$2"; grep -q '^FROM' "$2" ;;
esac
`;

/** A directory with a `docker` for the PATH, and the socket of an engine that says nothing. */
export async function dockerStub(): Promise<{ directory: string; host: string }> {
  const directory = join(await temporaryDirectory(), "bin");
  await mkdir(directory);
  await writeFile(join(directory, "docker"), docker);
  await chmod(join(directory, "docker"), 0o755);
  const server = createServer();
  const socket = join(directory, "docker.sock");
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  afterAll(() => server.close());
  return { directory, host: `unix://${socket}` };
}
