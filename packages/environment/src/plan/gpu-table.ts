/** A kind of GPU that a sandbox can ask for. */
export interface GpuKind {
  /** Its name in configurations. */
  readonly name: string;
  readonly aliases: readonly string[];
  readonly memoryGiB: number;
  /** The sizes of models that it suits: `20B to 34B`. */
  readonly goodFor: string;
  /** Modal's name for it, and the most that an instance can have; undefined if Modal does not offer it. */
  readonly modal?: { readonly name: string; readonly most: number };
}

const onModal = (name: string, most = 8) => ({ modal: { name, most } });

/** In order of memory, then of price. */
export const gpuTable: readonly GpuKind[] = [
  { name: "T4", aliases: [], memoryGiB: 16, goodFor: "up to 7B", ...onModal("T4") },
  { name: "V100", aliases: ["V100-16GB"], memoryGiB: 16, goodFor: "up to 7B" },
  { name: "L4", aliases: [], memoryGiB: 24, goodFor: "7B to 10B", ...onModal("L4") },
  {
    name: "A10G",
    aliases: ["A10"],
    memoryGiB: 24,
    goodFor: "7B to 10B, faster than L4",
    ...onModal("A10", 4),
  },
  { name: "RTX-3090", aliases: [], memoryGiB: 24, goodFor: "7B to 10B" },
  { name: "RTX-4090", aliases: [], memoryGiB: 24, goodFor: "7B to 10B" },
  { name: "RTX-5090", aliases: [], memoryGiB: 32, goodFor: "9B to 14B" },
  // Modal's meaning of A100; it sometimes gives one with 80 GB at the same price.
  { name: "A100", aliases: [], memoryGiB: 40, goodFor: "9B to 17B", ...onModal("A100") },
  { name: "A100-40GB", aliases: ["A100-40"], memoryGiB: 40, goodFor: "9B to 17B", ...onModal("A100-40GB") },
  { name: "L40S", aliases: ["L40"], memoryGiB: 48, goodFor: "9B to 20B", ...onModal("L40S") },
  { name: "RTX-A6000", aliases: ["A6000"], memoryGiB: 48, goodFor: "9B to 20B" },
  {
    name: "A100-80GB",
    aliases: ["A100-80"],
    memoryGiB: 80,
    goodFor: "20B to 34B; two for 70B",
    ...onModal("A100-80GB"),
  },
  {
    name: "H100",
    aliases: ["H100-80GB"],
    memoryGiB: 80,
    goodFor: "20B to 34B; two for 70B",
    ...onModal("H100"),
  },
  // Modal may give an H200 for "H100", but not for "H100!", which matters for benchmarks.
  { name: "H100!", aliases: [], memoryGiB: 80, goodFor: "an H100, never an H200", ...onModal("H100!") },
  {
    name: "RTX-PRO-6000",
    aliases: [],
    memoryGiB: 96,
    goodFor: "20B to 40B",
    ...onModal("RTX-PRO-6000"),
  },
  { name: "H200", aliases: [], memoryGiB: 141, goodFor: "40B to 60B", ...onModal("H200") },
  { name: "B200", aliases: [], memoryGiB: 192, goodFor: "70B", ...onModal("B200") },
];
