import type { EndReason, Meter, MeteredMachine } from "../backends/backend.ts";

/**
 * How long a machine may live, and why it ends then: its own time, or what is left of the budget when that is less. To be
 * asked just before the machine is made, because what came before it has cost something, too.
 *
 * @throws EnvironmentError `environment/budget-exceeded`
 */
export function timeLimit(
  { timeoutMs }: { timeoutMs: number },
  meter: Meter,
  machine: Omit<MeteredMachine, "id">,
): { timeoutMs: number; timeoutReason: EndReason } {
  const affordableMs = Math.floor(meter.affordableMs(machine));
  return affordableMs < timeoutMs
    ? { timeoutMs: affordableMs, timeoutReason: "budget" }
    : { timeoutMs, timeoutReason: "timeout" };
}
