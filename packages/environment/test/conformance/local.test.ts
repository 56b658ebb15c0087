import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";
import { fakeUuid } from "../support/fake-gpus.ts";
import { isolations, useOwnHome } from "../support/home.ts";
import { useHub } from "../support/hub.ts";
import { processesWith } from "../support/processes.ts";
import { sandboxesIn } from "../support/stopped.ts";
import { describeBadInput } from "./bad-input.ts";
import { describeReference } from "./reference.ts";
import { installHere } from "./stand-ins.ts";
import { makeWorld, type World } from "./world.ts";

const home = useOwnHome({ sharesEnvironments: true });
const hub = useHub();
let world: World;

beforeAll(async () => {
  world = await makeWorld(hub.emulator);
  await installHere();
  // A dollar a second.
  await writeFile(join(home, "prices.json"), '{"local": {"sandbox": 3600}}');
});
afterAll(() => vi.unstubAllEnvs());

describeReference(
  {
    title: "on this machine, with GPUs",
    machine: { backend: "local", gpu: "A100", gpuCount: 2 },
    isolation: isolations[0],
    cutsNetwork: isolations[0] === "bubblewrap",
    urls: /^http:\/\/127\.0\.0\.1:\d+/,
    visibleGpus: `${fakeUuid(0)},${fakeUuid(1)}`,
    hasNative: false,
    port: await freePort(),
  },
  () => world,
);

describeBadInput(
  {
    machine: { backend: "local" },
    hub: () => hub.emulator,
    left: () => [...sandboxesIn(home), ...processesWith(home)],
  },
  () => world,
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
