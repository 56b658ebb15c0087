import { fileURLToPath } from "node:url";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { launchHost } from "@seer/rpc/launch";

/** The interpreter of the repository, which has numpy, ruff and pyright's Python. */
export const python = fileURLToPath(new URL("../../../.venv/bin/python", import.meta.url));

export interface Served extends AsyncDisposable {
  readonly served: ServedInterface;
  readonly client: RpcClient;
}

/** Serves a fixture for real. */
export async function serve(fixture: string, name: string): Promise<Served> {
  const file = fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url));
  await using stack = new AsyncDisposableStack();
  const host = stack.use(await launchHost({ file, name, python }));
  const { url, token } = host;
  const client = stack.use(await RpcClient.connect({ url, token }));
  const description = await client.describe({ timeoutMs: 30_000 });
  const disposables = stack.move();
  const served = { name, url, token, description };
  return { served, client, [Symbol.asyncDispose]: () => disposables.disposeAsync() };
}
