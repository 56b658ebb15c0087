import { EnvironmentError } from "../../../errors.ts";
import { withoutCredentials } from "../../../plan/without-credentials.ts";
import { culpritOf } from "../../../this-machine/install-packages.ts";
import type { BuiltLayer } from "./build-layer.ts";
import type { Layer } from "./layers.ts";

type Failure = Extract<BuiltLayer, { failure: string }>;

/** The error for a layer that could not be built, with the end of its log. */
export function explainFailure(layer: Layer, failure: Failure): EnvironmentError {
  const log = withoutCredentials(failure.log.join("\n").trim());
  const said = withoutCredentials(failure.failure);
  const title = withoutCredentials(layer.title);
  const text = ending(log === "" ? said : log);
  if (failure.status === "interrupted") {
    return new EnvironmentError(
      "environment/image-failed",
      `Modal broke off the building of the image (${title}):\n${text}`,
      { hint: "Start it again: layers that are built are kept." },
    );
  }
  const { code, problem, hint } = blame({ ...layer, title }, `${log}\n${said}`);
  return new EnvironmentError(code, `${problem}:\n${text}`, { hint });
}

function blame(layer: Layer, log: string) {
  if (layer.kind === "packages") {
    return {
      code: "environment/package-install-failed" as const,
      problem: `${culpritOf(log) ?? `Of ${layer.title}, at least one`} cannot be installed`,
      hint: "Check its name and version in `pythonPackages`; what it needs beyond Python goes into `systemPackages`.",
    };
  }
  if (layer.kind === "kernel") {
    return {
      code: "environment/service-failed" as const,
      problem: "No kernel for notebooks can be installed that works with the `pythonPackages`",
      hint: 'Allow other versions of them, or do without notebooks by `executionMode: "cli"`.',
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
      problem: `The image ${layer.title} cannot be fetched`,
      hint: "Check `pythonVersion`: https://hub.docker.com/_/python lists what there is.",
    };
  }
  return {
    code: "environment/image-failed" as const,
    problem: `The image cannot be built (${layer.title})`,
    hint: "Start it again: registries fail now and then, and layers that are built are kept.",
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

function ending(text: string): string {
  // A step is quoted whole, and the one with Seer's own part has tens of thousands of characters.
  const lines = text.split("\n").map((line) => (line.length <= widest ? line : `${line.slice(0, widest)}…`));
  return lines.length <= mostLines ? lines.join("\n") : `…\n${lines.slice(-mostLines).join("\n")}`;
}

const mostLines = 40;
const widest = 500;
