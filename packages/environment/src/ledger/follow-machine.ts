import type { Machine } from "../backends/backend.ts";
import { Heartbeat } from "./heartbeat.ts";

/** Tells the ledger of a machine that another process has started and this one holds too, until it lets go of it. */
export function followMachine(machine: Machine): Disposable {
  const { id } = machine.state;
  const heartbeat = new Heartbeat(() => {});
  heartbeat.follow(id);
  void machine.ended.then((reason) =>
    reason === "lost" ? heartbeat.release(id) : heartbeat.end(id, reason),
  );
  return { [Symbol.dispose]: () => heartbeat.release(id) };
}
