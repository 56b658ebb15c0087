/** What one sandbox was billed for, in emulated time. */
export interface BillingEntry {
  sandboxId: string;
  appId: string;
  name?: string;
  tags: Record<string, string>;
  gpu?: string;
  gpuCount: number;
  cpu: number;
  memoryMiB: number;
  /** When the sandbox got its machine. */
  startedAt: number;
  /** When it ended; undefined while it runs. */
  endedAt?: number;
  /** Billed time so far. */
  seconds: number;
  /** Billed time times the number of GPUs; 0 for a CPU sandbox. */
  gpuSeconds: number;
}
