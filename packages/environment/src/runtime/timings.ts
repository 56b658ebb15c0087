/** Durations that tests shorten. */
export const timings = {
  /** How long a sandbox continues after its last lease was renewed. */
  leaseMs: 90_000,
  /** Minimum running time that a budget must pay for. */
  minimumPaidMs: 60_000,
  /** How long to wait for Modal capacity. GPUs may have to become free first. */
  capacityMs: { cpu: 5 * 60_000, gpu: 15 * 60_000 },
};
