import { stat } from "node:fs/promises";
import { EnvironmentError } from "../errors.ts";
import type { ModelSource, Plan } from "./plan.ts";

/**
 * Checks that all files and directories that a plan copies or mounts exist on this machine.
 *
 * @throws EnvironmentError `environment/local-path-missing` or `environment/model-unavailable`
 */
export async function checkSources(plan: Plan): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind === "file") await check("localFiles", step.from, "file");
    if (step.kind === "directory") await check("localDirs", step.from, "directory");
    if (step.kind === "model") {
      await checkModel(step.source);
      if (step.adapter?.base !== undefined) await checkModel(step.adapter.base.source);
    }
  }
}

async function check(option: string, path: string, wanted: "file" | "directory"): Promise<void> {
  const found = await kindOf(path);
  if (found === wanted) return;
  const problem = found === "nothing" ? "does not exist" : `is a ${found}, not a ${wanted}`;
  const other = wanted === "file" ? "localDirs" : "localFiles";
  throw new EnvironmentError("environment/local-path-missing", `${path} in \`${option}\` ${problem}`, {
    hint:
      found === "nothing"
        ? `Relative paths are looked up from ${process.cwd()}.`
        : `Put it into \`${other}\`.`,
  });
}

async function checkModel(source: ModelSource): Promise<void> {
  if (source.from === "hub") return;
  const found = await kindOf(source.directory);
  if (found === "directory") return;
  throw new EnvironmentError(
    "environment/model-unavailable",
    `The model directory ${source.directory} ${found === "nothing" ? "does not exist" : "is a file"}`,
    {
      hint: "A model's `path` is a directory on this machine, and so is a `name` that begins with `/`, `./`, `../` or `~/`.",
    },
  );
}

async function kindOf(path: string): Promise<"file" | "directory" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "directory" : "file";
  } catch {
    return "nothing";
  }
}
