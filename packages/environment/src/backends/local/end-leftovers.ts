import { readdir, readFile } from "node:fs/promises";
import { identify, signalProcess } from "../../this-machine/process-identity.ts";
import { sandboxVariable } from "./sandbox-variables.ts";

/** Ends the processes of a sandbox without isolation whose first process was killed and could not end them itself. */
export async function endLeftovers(id: string): Promise<void> {
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const variables = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!variables.split("\0").includes(`${sandboxVariable}=${id}`)) continue;
    const leftover = identify(Number(pid));
    if (leftover !== undefined) signalProcess(leftover, "SIGKILL");
  }
}
