import { lastLines } from "@seer/config";
import { failedPackage, withoutCredentials } from "@seer/system";
import { EnvironmentError } from "../../../errors.ts";
import type { BuiltLayer } from "./build-layer.ts";
import type { Layer } from "./layers.ts";

type Failure = Extract<BuiltLayer, { failure: string }>;

/** Creates the error for a failed layer, with the end of its log. */
export function explainFailure(layer: Layer, failure: Failure): EnvironmentError {
  const log = withoutCredentials(failure.log.join("\n").trim());
  const reason = withoutCredentials(failure.failure);
  const title = withoutCredentials(layer.title);
  const text = lastLines(log === "" ? reason : log, 40);
  if (failure.status === "interrupted") {
    return new EnvironmentError(
      "environment/image-failed",
      `Modal interrupted the build of the image (${title}):\n${text}`,
      { hint: "Start the sandbox again; completed layers are kept." },
    );
  }
  const { code, problem, hint } = describeProblem({ ...layer, title }, `${log}\n${reason}`);
  return new EnvironmentError(code, `${problem}:\n${text}`, { hint });
}

function describeProblem(layer: Layer, log: string) {
  if (layer.kind === "packages") {
    return {
      code: "environment/package-install-failed" as const,
      problem: `${failedPackage(log) ?? `At least one of the packages ${layer.title}`} cannot be installed`,
      hint: "Check its name and version in `pythonPackages`. Add system libraries that it needs to `systemPackages`.",
    };
  }
  if (layer.kind === "kernel") {
    return {
      code: "environment/service-failed" as const,
      problem: "No notebook kernel is compatible with the `pythonPackages`",
      hint: 'Allow other versions, or disable notebooks with `executionMode: "cli"`.',
    };
  }
  if (layer.kind === "system-packages") {
    const missing = missingPackages(log);
    if (missing.length > 0) {
      return {
        code: "environment/system-packages-missing" as const,
        problem: `Debian has no package ${missing.join(", ")}`,
        hint: "Check the names in `systemPackages` at https://packages.debian.org/trixie/.",
      };
    }
  }
  if (layer.kind === "base") {
    return {
      code: /not found|unknown|does not exist/i.test(log)
        ? ("environment/python-not-found" as const)
        : ("environment/image-failed" as const),
      problem: `The base image ${layer.title} cannot be pulled`,
      hint: "Check `pythonVersion`: https://hub.docker.com/_/python lists the available versions.",
    };
  }
  return {
    code: "environment/image-failed" as const,
    problem: `The image cannot be built (${layer.title})`,
    hint: "Start the sandbox again: registries fail occasionally, and completed layers are kept.",
  };
}

function missingPackages(log: string): string[] {
  const patterns = [
    /Unable to locate package (\S+)/g,
    /Package '?([^\s']+)'? has no installation candidate/g,
    /Version '\S+' for '([^']+)' was not found/g,
    /Couldn't find any package by \S+ '([^']+)'/g,
  ];
  return [
    ...new Set(patterns.flatMap((pattern) => [...log.matchAll(pattern)].map((match) => match[1] ?? ""))),
  ];
}
