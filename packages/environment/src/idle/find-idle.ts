import { EnvironmentError } from "../errors.ts";
import { type IdleRecord, listIdleRecords } from "./idle-records.ts";

/**
 * Returns the backend's current ID for a sandbox's ID or name. It differs from the sandbox's ID after an idle sandbox
 * was started again. If the sandbox is stopped, its owner starts it first.
 *
 * @throws EnvironmentError `environment/not-found` if it is stopped and has no interface through which to start it
 */
export async function currentIdOf(idOrName: string): Promise<string> {
  const found = await find(idOrName);
  if (found === undefined) return idOrName;
  if (found.instance !== null) return found.instance;
  await wake(found);
  return (await find(idOrName))?.instance ?? idOrName;
}

async function find(idOrName: string): Promise<IdleRecord | undefined> {
  return (await listIdleRecords()).find(({ id, state }) => id === idOrName || state.name === idOrName);
}

async function wake({ state, interfaces, owner }: IdleRecord): Promise<void> {
  const gateway = interfaces[0]?.gateway;
  const stopped = `The sandbox ${state.name} is stopped because it was idle`;
  if (gateway === undefined) {
    throw new EnvironmentError("environment/not-found", stopped, {
      hint: `Only its owner, process ${owner?.pid}, can start it again.`,
    });
  }
  const response = await fetch(new URL("/wake", gateway.url), {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.adminToken}` },
  }).catch((cause: unknown) => {
    throw new EnvironmentError("environment/not-found", stopped, { cause });
  });
  if (response.ok) return;
  const body = (await response.json().catch(() => ({}))) as { error?: { message?: string; hint?: string } };
  throw new EnvironmentError(
    "environment/start-failed",
    body.error?.message ?? `${stopped}, and failed to start`,
    {
      hint: body.error?.hint,
    },
  );
}
