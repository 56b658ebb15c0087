import { EnvironmentError } from "../errors.ts";
import { type IdleRecord, listIdleRecords } from "./idle-records.ts";

/**
 * What a backend calls the sandbox of this id or name now, which may have had other machines before. One that is
 * stopped is started by its owner first.
 *
 * @throws EnvironmentError `environment/not-found` for one that is stopped, and serves nothing by which to start it
 */
export async function currentIdOf(idOrName: string): Promise<string> {
  const found = await find(idOrName);
  if (found === undefined) return idOrName;
  if (found.machine !== null) return found.machine;
  await wake(found);
  return (await find(idOrName))?.machine ?? idOrName;
}

async function find(idOrName: string): Promise<IdleRecord | undefined> {
  return (await listIdleRecords()).find(({ id, state }) => id === idOrName || state.name === idOrName);
}

async function wake({ state, interfaces, owner }: IdleRecord): Promise<void> {
  const gateway = interfaces[0]?.gateway;
  const stopped = `The sandbox ${state.name} is stopped, because nobody used it`;
  if (gateway === undefined) {
    throw new EnvironmentError("environment/not-found", stopped, {
      hint: `Only its owner, the process ${owner?.pid}, can start it again.`,
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
    body.error?.message ?? `${stopped}, and did not start`,
    {
      hint: body.error?.hint,
    },
  );
}
