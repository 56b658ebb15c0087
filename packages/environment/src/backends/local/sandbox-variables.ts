import { delimiter } from "node:path";
import type { MachineStep } from "../../plan/plan.ts";
import { matching } from "../../this-machine/variables.ts";
import { shareEngine } from "../docker/share-engine.ts";
import { places } from "./layout.ts";
import type { StartContext } from "./start-context.ts";

/** Marks the processes of a sandbox, so that those of one whose first process was killed can be found. */
export const sandboxVariable = "SEER_SANDBOX_ID";

// Everything else may be, or hold, something that is the researcher's own.
const inherited =
  /^(LANG|LANGUAGE|LC_\w+|TZ|LD_LIBRARY_PATH|(CUDA|NVIDIA|ROCR|HIP)_\w+|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE)$/;
const isolatedPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** All the variables that a sandbox's processes have. */
export function sandboxVariables(
  { env }: MachineStep,
  context: StartContext,
  secrets: Readonly<Record<string, string>>,
): Record<string, string> {
  const { id, isolated, models, directories } = context;
  const engine = context.docker && shareEngine(context.docker, { isolated });
  const commands = [places.python, places.environment].map((place) => `${context.real(place)}/bin`);
  return {
    LANG: "C.UTF-8",
    ...matching(inherited),
    HOME: context.real(places.home),
    TMPDIR: isolated ? places.temporary : directories.temporary,
    PATH: join(...commands, engine?.path, isolated ? isolatedPath : process.env.PATH),
    ...engine?.variables,
    VIRTUAL_ENV: context.real(places.python),
    ...Object.fromEntries(models.map(({ variable, path }) => [variable, context.real(path)])),
    // Not by numbers: those that are left are counted anew where the others' devices are hidden.
    CUDA_VISIBLE_DEVICES: context.gpus.join(","),
    ...env,
    ...secrets,
    PYTHONPATH: context.pythonPath,
    [sandboxVariable]: id,
  };
}

function join(...paths: (string | undefined)[]): string {
  return paths.filter(Boolean).join(delimiter);
}
