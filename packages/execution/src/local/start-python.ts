import { join } from "node:path";
import { type Isolation, launchHost } from "@seer/rpc/launch";
import { PythonConnection } from "../run/python-connection.ts";
import { sessionSource } from "./session-source.ts";

export interface StartPythonOptions {
  name: string;
  workspaceDir: string;
  /** Where the workspace's libraries are. */
  libraryDir: string;
  python: string | undefined;
  env: Readonly<Record<string, string>>;
  isolation: Isolation;
  signal: AbortSignal;
}

/** Starts the Python process of a session; it ends with this process at the latest. */
export async function startPython(options: StartPythonOptions): Promise<PythonConnection> {
  const { name, workspaceDir, libraryDir, python, env, isolation, signal } = options;
  const source = sessionSource();
  const host = await launchHost({
    file: join(source, "seer_session", "session.py"),
    name,
    python,
    cwd: workspaceDir,
    env: {
      // Figures become pictures; there is no screen to show them on.
      MPLBACKEND: "Agg",
      ...env,
      // Through the environment rather than the host's `path`, so that programs the code starts find them too.
      PYTHONPATH: [libraryDir, env.PYTHONPATH].filter(Boolean).join(":"),
    },
    isolation: { ...isolation, readOnly: [[source, source]], devices: "gpu" },
    signal,
  });
  try {
    const client = await host.client({ signal });
    await client.describe({ signal });
    return new PythonConnection(host, client);
  } catch (error) {
    await host.close();
    throw error;
  }
}
