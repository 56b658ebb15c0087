import { parseConfig } from "@seer/config";
import { findIsolation, type Isolation } from "@seer/rpc/launch";
import { Workspace } from "@seer/workspace";
import { openMcpEndpoint } from "../mcp/endpoint.ts";
import type { ServedSession } from "../mcp/served-session.ts";
import { createSessionServer } from "../mcp/session-server.ts";
import { Cells } from "../run/cells.ts";
import { LocalSession } from "./local-session.ts";
import { type LocalSessionOptions, sessionOptionsSchema } from "./session-options.ts";
import { startPython } from "./start-python.ts";
import { WorkspaceDirectory } from "./workspace-directory.ts";

/**
 * Starts a session on this machine: a directory, with the workspace installed, and a Python process in it.
 *
 * @throws SeerError `config/invalid`, `workspace/…`, `rpc/no-python`, `rpc/host-failed`, or ExecutionError
 * `execution/setup-failed`
 * @example
 * await using session = await createLocalSession({ workspaceDir: "./workspace", name: "example" });
 * const { result } = await session.exec("6 * 7");
 */
export async function createLocalSession(options: LocalSessionOptions): Promise<LocalSession> {
  const { workspace = new Workspace(), signal, onProgress, ...settings } = options;
  const { name, workspaceDir, python, env, isolate } = parseConfig(
    "LocalSession",
    sessionOptionsSchema,
    settings,
  );
  signal?.throwIfAborted();

  const directory = await WorkspaceDirectory.open(workspaceDir);
  const isolation = isolate === "auto" ? await findIsolation() : switchedOff;
  const { libraryDir } = directory;
  const cells = new Cells((starting) => {
    const how =
      isolation.kind === "none" ? `without isolation (${isolation.reason})` : `in ${isolation.kind}`;
    onProgress?.(`starting Python in ${directory.path}, ${how}`);
    const start = { name, workspaceDir: directory.path, libraryDir, python, env, isolation };
    return startPython({ ...start, signal: starting });
  });
  const served: ServedSession = {
    name,
    workspaceDir: directory.path,
    get libraries() {
      return directory.libraries;
    },
    get libraryDocs() {
      return directory.libraryDocs;
    },
    exec: (code, execOptions) => cells.run(code, "", execOptions),
    restart: () => cells.restart(),
    saveOutput: (text) => directory.saveOutput(text),
  };
  const endpoint = await openMcpEndpoint(() => createSessionServer(served));
  const session = new LocalSession({ name, directory, isolation, cells, endpoint });
  try {
    await session.setup(workspace, { signal });
    return session;
  } catch (error) {
    await session.terminate();
    throw error;
  }
}

const switchedOff: Isolation = { kind: "none", reason: 'isolate is "none"' };
