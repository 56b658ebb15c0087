import { nearest } from "@seer/config";
import { Sandbox, type SandboxInfo } from "@seer/environment";
import { CliError } from "../errors.ts";

/** The running sandbox with this ID or name, or with an interface of this name. */
export async function findSandbox(target: string): Promise<SandboxInfo> {
  const running = await Sandbox.list();
  const called = running.find(({ id }) => id === target);
  if (called !== undefined) return called;
  const [found, ...others] = running.filter(
    ({ name, interfaces, loading }) => name === target || [...interfaces, ...loading].includes(target),
  );
  if (found === undefined) throw notFound(target, running);
  if (others.length === 0) return found;
  const ids = [found, ...others].map(({ id }) => id).join(", ");
  throw new CliError("cli/target", `Several sandboxes serve ${target}`, {
    hint: `Use the id of one: ${ids}.`,
  });
}

function notFound(target: string, running: readonly SandboxInfo[]): CliError {
  const meant = nearest(
    target,
    running.flatMap(({ id, name, interfaces, loading }) => [id, name, ...interfaces, ...loading]),
  );
  return new CliError("cli/target", `No sandbox has the id or name ${target}, or serves such an interface`, {
    hint: meant === undefined ? "`seer ls` shows what is running." : `Did you mean ${meant}?`,
  });
}
