import { Sandbox } from "@seer/environment";
import { CliError } from "../errors.ts";
import { findSandbox } from "../targets/find-sandbox.ts";

/** `seer stop` */
export async function stop(target: string | undefined, { all = false }: { all?: boolean }): Promise<void> {
  if ((target === undefined) !== all) {
    throw new CliError("cli/usage", "`seer stop` needs either a sandbox's id or name, or --all");
  }
  const sandboxes = target === undefined ? await allRunning() : [await findSandbox(target)];
  if (sandboxes.length === 0) process.stderr.write("Nothing is running.\n");
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      const sandbox = await Sandbox.fromId(id);
      await sandbox.terminate();
      console.log(`Stopped ${id}`);
    }),
  );
}

/** Excludes stopped and starting sandboxes, whose state is in the memory of their owners. */
async function allRunning() {
  const all = await Sandbox.list();
  for (const { name, ownerPid } of all.filter(({ state }) => state === "stopped")) {
    process.stderr.write(`${name} is stopped; the process ${ownerPid} starts it again when it is used\n`);
  }
  for (const { name, ownerPid } of all.filter(({ state }) => state === "starting")) {
    process.stderr.write(
      `${name} is being started by the process ${ownerPid}; end that process to stop it\n`,
    );
  }
  return all.filter(({ state }) => state === "running");
}
