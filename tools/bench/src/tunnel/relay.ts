// A model of a cloud's tunnel, in a process of its own: TLS ends here, and everything takes 10 ms each way.
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createServer } from "node:tls";

const oneWayMs = 10;
const [directory = "."] = process.argv.slice(2);
const key = readFileSync(join(directory, "key.pem"));
const cert = readFileSync(join(directory, "certificate.pem"));

/** Copies what arrives at one end to the other, later. */
function delay(from: Socket, to: Socket): void {
  const queue: { dueAt: number; deliver: () => void }[] = [];

  function push(deliver: () => void): void {
    queue.push({ dueAt: performance.now() + oneWayMs, deliver });
    if (queue.length === 1) setTimeout(flush, oneWayMs);
  }
  function flush(): void {
    const now = performance.now();
    to.cork();
    for (let next = queue[0]; next !== undefined && next.dueAt <= now; next = queue[0]) {
      queue.shift();
      next.deliver();
    }
    to.uncork();
    if (queue[0] !== undefined) setTimeout(flush, Math.max(0, queue[0].dueAt - now));
  }
  from.on("data", (chunk: Buffer) => push(() => to.write(chunk)));
  from.on("end", () => push(() => to.end()));
  from.on("close", () => push(() => to.destroy()));
  from.on("error", () => {});
}

/** Opens a port that forwards to a loopback port, and reports its number. */
function open(port: number): void {
  const server = createServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"] }, (outside) => {
    const inside = connect({ host: "127.0.0.1", port, noDelay: true });
    outside.setNoDelay(true);
    delay(outside, inside);
    delay(inside, outside);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
}

createInterface({ input: process.stdin })
  .on("line", (line) => open(JSON.parse(line)))
  .on("close", () => process.exit());
