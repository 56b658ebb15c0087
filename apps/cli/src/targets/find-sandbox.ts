import { nearest } from "@seer/config";
import { Sandbox, type SandboxInfo } from "@seer/environment";
import { CliError } from "../errors.ts";

/** The running sandbox that has this id or name, or else the one that serves an interface of this name. */
export async function findSandbox(target: string): Promise<SandboxInfo> {
  const running = await Sandbox.list();
  const named = running.find(({ id, name }) => id === target || name === target);
  if (named !== undefined) return named;
  const [serving, ...others] = running.filter(({ interfaces }) => interfaces.includes(target));
  if (serving === undefined) throw notFound(target, running);
  if (others.length === 0) return serving;
  const ids = [serving, ...others].map(({ id }) => id).join(", ");
  throw new CliError("cli/target", `Several sandboxes serve ${target}`, {
    hint: `Use the id of one: ${ids}.`,
  });
}

function notFound(target: string, running: readonly SandboxInfo[]): CliError {
  const meant = nearest(
    target,
    running.flatMap(({ id, name, interfaces }) => [id, name, ...interfaces]),
  );
  return new CliError("cli/target", `No sandbox has the id or name ${target}, or serves such an interface`, {
    hint: meant === undefined ? "`seer ls` shows what is running." : `Did you mean ${meant}?`,
  });
}
