import { fileURLToPath } from "node:url";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { launchHost } from "@seer/rpc/launch";
import { python } from "./run.ts";

export interface Served extends AsyncDisposable {
  readonly served: ServedInterface;
  readonly client: RpcClient;
}

/** Serves the fixture interface, or another file, for real. */
export async function serve(file = "fixtures/interface.py", name = "tools"): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { url, token } = stack.use(await launchHost({ file: path, name, python }));
  const client = stack.use(await RpcClient.connect({ url, token }));
  const description = await client.describe({ timeoutMs: 30_000 });
  const ours = stack.move();
  return {
    served: { name, url, token, description },
    client,
    [Symbol.asyncDispose]: () => ours.disposeAsync(),
  };
}
