import { connect } from "node:net";
import { startSoakHost } from "./host.ts";

export interface HealthReport {
  probes: number;
  p50Ms: number;
  p99Ms: number;
  slowestMs: number;
}

/** How fast the host says how it is, while a call into C computes and holds the GIL. */
export async function healthUnderLoad({ seconds }: { seconds: number }): Promise<HealthReport> {
  await using host = await startSoakHost();
  await using client = await host.client();
  const holding = client.call("hold_the_gil", [10 ** 12]).catch(() => {});
  while ((await client.health()).running === 0);

  const { hostname, port } = new URL(host.url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay();
  socket.setEncoding("latin1");
  const request = `GET /health HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${host.token}\r\n\r\n`;
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const start = performance.now();
    socket.write(request);
    const answer = await new Promise<string>((resolve) => socket.once("data", resolve));
    times.push(performance.now() - start);
    if (!answer.includes('"state":"busy"')) throw new Error(`the call does not run: ${answer}`);
  }
  socket.destroy();
  await host.close();
  await holding;

  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 1000) / 1000;
  return { probes: times.length, p50Ms: at(0.5), p99Ms: at(0.99), slowestMs: at(1 - 1 / times.length) };
}
