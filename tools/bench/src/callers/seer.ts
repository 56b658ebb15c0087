import { NdArray, RpcClient } from "@seer/rpc";
import type { Caller, Connect } from "./caller.ts";

/** Seer's own client: everything over one WebSocket. */
export function connectSeer(token: string): Connect {
  return async ({ port, tls }): Promise<Caller> => {
    const url = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`;
    const client = await RpcClient.connect({ url, token });
    return {
      echo: (value) => client.call("echo", { value }),
      numbers: (value) => client.call("numbers", { value }),
      floats: async () => ((await client.call("floats")) as NdArray<"float32">).data,
      take: (floats) => client.call("take", { value: NdArray.from(floats) }),
      nap: () => client.call("nap"),
      hold: (count) => client.call("hold", { value: count }),
      health: () => client.health(),
      [Symbol.asyncDispose]: () => client.close(),
    };
  };
}
