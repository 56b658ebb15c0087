import { type Backend, nearest } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { type GpuKind, gpuTable } from "./gpu-table.ts";

/**
 * The kind of GPU that a configuration names, in any case and by any of its names.
 *
 * @throws EnvironmentError `environment/gpu-unknown`, naming the nearest
 */
export function findGpu(name: string): GpuKind {
  const wanted = name.toUpperCase();
  const found = gpuTable.find((kind) => [kind.name, ...kind.aliases].includes(wanted));
  if (found !== undefined) return found;
  const names = gpuTable.flatMap((kind) => [kind.name, ...kind.aliases]);
  // A wrong digit is likelier than a wrong letter: of A10 and H100, H10 means the latter.
  const alike = names.filter((one) => one[0] === wanted[0]);
  const meant = nearest(name, alike) ?? nearest(name, names);
  throw new EnvironmentError("environment/gpu-unknown", `There is no GPU called ${JSON.stringify(name)}`, {
    hint:
      meant === undefined
        ? `Known are ${gpuTable.map((kind) => kind.name).join(", ")}.`
        : `Did you mean ${meant}? \`seer gpus\` shows all.`,
  });
}

/**
 * The same, if a machine of that backend can have so many of them. What this machine has is only known when it is asked.
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
      `A machine on Modal has at most ${kind.modal.most} ${kind.name}, not ${count}`,
      { hint: "Ask for fewer with `gpuCount`, or for a larger GPU." },
    );
  }
  return kind;
}

/**
 * GPUs as Modal writes them: `"A100-80GB:2"`.
 *
 * @throws EnvironmentError `environment/gpu-unknown` or `environment/gpu-unavailable`
 */
export function modalGpu(name: string, count: number): string {
  const { modal } = findGpuOn("modal", name, count);
  return count === 1 ? `${modal?.name}` : `${modal?.name}:${count}`;
}
