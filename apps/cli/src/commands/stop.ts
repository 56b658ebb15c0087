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

/** Of those that are stopped nothing runs, and what they are is in the memory of their owners; so are starts. */
async function allRunning() {
  const all = await Sandbox.list();
  for (const { name, ownerPid } of all.filter(({ state }) => state === "stopped")) {
    process.stderr.write(
      `${name} is stopped; the process ${ownerPid} starts it again when somebody uses it\n`,
    );
  }
  for (const { name, ownerPid } of all.filter(({ state }) => state === "starting")) {
    process.stderr.write(`${name} is being started by the process ${ownerPid}, and ends with it\n`);
  }
  return all.filter(({ state }) => state === "running");
}
