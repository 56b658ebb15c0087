import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Client, credentials, type GrpcObject, loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Caller, Connect } from "./caller.ts";
import { viewFloats } from "./raw.ts";

const proto = fileURLToPath(new URL("../../python/servers/bench.proto", import.meta.url));

type Message = { value?: unknown };
type Method = (message: Message, done: (error: Error | null, answer: Message) => void) => void;

/** The official client in plain JavaScript, on one channel. */
export function connectGrpc(certificate: () => string): Connect {
  return async ({ port, tls }): Promise<Caller> => {
    const service = (loadPackageDefinition(loadSync(proto, { longs: Number })) as GrpcObject).Bench;
    const options = {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      // The default of 64 KiB costs a round trip for each 64 KiB: 1.7 s for the array through the tunnel.
      "grpc-node.flow_control_window": 2 ** 24,
    };
    const client: Client = tls
      ? new (service as typeof Client)(
          `localhost:${port}`,
          credentials.createSsl(readFileSync(certificate())),
          options,
        )
      : new (service as typeof Client)(`127.0.0.1:${port}`, credentials.createInsecure(), options);

    function call(name: string, message: Message): Promise<Message> {
      const { promise, resolve, reject } = Promise.withResolvers<Message>();
      const method = (client as unknown as Record<string, Method>)[name] as Method;
      method.call(client, message, (error, answer) => (error ? reject(error) : resolve(answer)));
      return promise;
    }

    return {
      echo: async (value) => (await call("Echo", { value })).value,
      numbers: async (value) => (await call("Numbers", { value })).value,
      floats: async () => viewFloats((await call("Floats", {})).value as Buffer),
      take: async (floats) =>
        (await call("Take", { value: Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength) }))
          .value,
      nap: () => call("Nap", {}),
      hold: async (count) => (await call("Hold", { value: count })).value,
      health: () => call("Health", {}),
      [Symbol.asyncDispose]: async () => client.close(),
    };
  };
}
