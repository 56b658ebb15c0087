import { nearest } from "@seer/config";
import type { SandboxInfo } from "@seer/environment";
import { CliError } from "../errors.ts";

/** The running sandbox that has this id or name, or serves an interface of this name. */
export async function findSandbox(target: string): Promise<SandboxInfo> {
  const { Sandbox } = await import("@seer/environment");
  const running = await Sandbox.list();
  const byId = running.find(({ sandboxId }) => sandboxId === target);
  if (byId !== undefined) return byId;
  const matches = running.filter((sandbox) => namesOf(sandbox).includes(target));
  const [match, ...others] = matches;
  if (match !== undefined && others.length === 0) return match;
  if (match !== undefined) {
    const ids = matches.map(({ sandboxId }) => sandboxId).join(", ");
    throw new CliError("cli/target", `Several sandboxes answer to ${target}`, { hint: `Use an id: ${ids}.` });
  }
  const meant = nearest(
    target,
    running.flatMap((sandbox) => [sandbox.sandboxId, ...namesOf(sandbox)]),
  );
  throw new CliError(
    "cli/target",
    `No running sandbox has the id or name ${target}, or serves such an interface`,
    {
      hint: meant === undefined ? "`seer ls` shows what is running." : `Did you mean ${meant}?`,
    },
  );
}
