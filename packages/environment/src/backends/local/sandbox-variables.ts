import { delimiter } from "node:path";
import type { InstanceStep } from "../../plan/plan.ts";
import { shareEngine } from "../docker/share-engine.ts";
import { insidePaths } from "./layout.ts";
import type { StartContext } from "./start-context.ts";

/** Marks the processes of a sandbox, so that they can be found if its init was killed. */
export const sandboxVariable = "SEER_SANDBOX_ID";

// Other variables may contain private data of the user.
const inherited =
  /^(LANG|LANGUAGE|LC_\w+|TZ|LD_LIBRARY_PATH|(CUDA|NVIDIA|ROCR|HIP)_\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE)$/;
const isolatedPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Returns the complete environment of a sandbox's processes. */
export function sandboxVariables(
  { env }: InstanceStep,
  context: StartContext,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> {
  const { id, isolated, models, directories } = context;
  const engine = context.docker && shareEngine(context.docker, { isolated });
  const commands = [insidePaths.python, insidePaths.environment].map((place) => `${context.real(place)}/bin`);
  return {
    LANG: "C.UTF-8",
    ...inheritedVariables(),
    HOME: context.real(insidePaths.home),
    TMPDIR: isolated ? insidePaths.temporary : directories.temporary,
    PATH: join(...commands, engine?.path, isolated ? isolatedPath : process.env.PATH),
    ...engine?.variables,
    VIRTUAL_ENV: context.real(insidePaths.python),
    ...Object.fromEntries(models.map(({ variable, path }) => [variable, context.real(path)])),
    // UUIDs, because indices change when the other GPUs' devices are hidden.
    CUDA_VISIBLE_DEVICES: context.gpus.join(","),
    ...env,
    ...secrets,
    PYTHONPATH: context.pythonPath,
    [sandboxVariable]: id,
  };
}

function inheritedVariables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => inherited.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

function join(...paths: (string | undefined)[]): string {
  return paths.filter(Boolean).join(delimiter);
}
