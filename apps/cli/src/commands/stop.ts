import { Sandbox } from "@seer/environment";
import { CliError } from "../errors.ts";
import { findSandbox } from "../targets/find-sandbox.ts";

/** `seer stop` */
export async function stop(target: string | undefined, { all = false }: { all?: boolean }): Promise<void> {
  if ((target === undefined) !== all) {
    throw new CliError("cli/usage", "`seer stop` needs either a sandbox's id or name, or --all");
  }
  const sandboxes = target === undefined ? await Sandbox.list() : [await findSandbox(target)];
  if (sandboxes.length === 0) process.stderr.write("Nothing is running.\n");
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      const sandbox = await Sandbox.fromId(id);
      await sandbox.terminate();
      console.log(`Stopped ${id}`);
    }),
  );
}
