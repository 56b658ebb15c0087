import { type Backend, nearest } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { type GpuKind, gpuTable } from "./gpu-table.ts";

/**
 * Finds a kind of GPU by its name or an alias, ignoring case.
 *
 * @throws EnvironmentError `environment/gpu-unknown`, with the nearest name
 */
export function findGpu(name: string): GpuKind {
  const wanted = name.toUpperCase();
  const found = gpuTable.find((kind) => [kind.name, ...kind.aliases].includes(wanted));
  if (found !== undefined) return found;
  const names = gpuTable.flatMap((kind) => [kind.name, ...kind.aliases]);
  // A wrong digit is more likely than a wrong letter: H10 means H100, not A10.
  const sameLetter = names.filter((one) => one[0] === wanted[0]);
  const suggestion = nearest(name, sameLetter) ?? nearest(name, names);
  throw new EnvironmentError("environment/gpu-unknown", `There is no GPU called ${JSON.stringify(name)}`, {
    hint:
      suggestion === undefined
        ? `Known GPUs: ${gpuTable.map((kind) => kind.name).join(", ")}.`
        : `Did you mean ${suggestion}? \`seer gpus\` lists all GPUs.`,
  });
}

/**
 * Also checks that the backend offers that many. GPUs of this machine are only known when a sandbox starts.
 *
 * @throws EnvironmentError `environment/gpu-unknown` or `environment/gpu-unavailable`
 */
export function findGpuOn(backend: Backend, name: string, count: number): GpuKind {
  const kind = findGpu(name);
  if (backend === "local") return kind;
  if (kind.modal === undefined) {
    throw new EnvironmentError("environment/gpu-unknown", `Modal has no ${kind.name}`, {
      hint: `It has ${gpuTable.flatMap((other) => (other.modal === undefined ? [] : [other.name])).join(", ")}.`,
    });
  }
  if (count > kind.modal.most) {
    throw new EnvironmentError(
      "environment/gpu-unavailable",
      `An instance on Modal can have at most ${kind.modal.most} ${kind.name} GPUs, not ${count}`,
      { hint: "Request fewer with `gpuCount`, or a larger GPU." },
    );
  }
  return kind;
}

/**
 * GPUs in Modal's notation: `"A100-80GB:2"`.
 *
 * @throws EnvironmentError `environment/gpu-unknown` or `environment/gpu-unavailable`
 */
export function modalGpu(name: string, count: number): string {
  const { modal } = findGpuOn("modal", name, count);
  return count === 1 ? `${modal?.name}` : `${modal?.name}:${count}`;
}
