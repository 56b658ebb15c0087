import { readlink, realpath } from "node:fs/promises";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { environmentVariables, isWithin } from "@seer/config";
import { seerHome } from "@seer/system";
import { ExecutionError } from "../errors.ts";

/**
 * Checks that the code of an isolated session, which can change all files in its directory, cannot change a program that
 * Seer starts outside of the isolation.
 *
 * @throws ExecutionError `execution/unusable-directory`
 */
export async function checkDirectory(directory: string, python: string | undefined): Promise<void> {
  const { PATH = "", [environmentVariables.python]: usual } = process.env;
  const interpreters = [python, usual].filter((path) => path?.includes("/"));
  const outside: readonly (readonly [what: string, path: string])[] = [
    ["Seer", import.meta.filename],
    ["Node", process.execPath],
    ["Seer's home", seerHome()],
    ...interpreters.map((path) => ["the Python interpreter", resolve(path ?? "")] as const),
    ...PATH.split(delimiter).map((entry) => ["on the PATH", resolve(entry)] as const),
  ];
  for (const [what, path] of outside) {
    if (!(await waysTo(path)).some((place) => isWithin(place, directory))) continue;
    throw new ExecutionError(
      "execution/unusable-directory",
      `The \`workspaceDir\` ${directory} contains ${path} (${what}), which is used outside of the isolation`,
      { hint: 'Use a directory of its own, such as `workspaceDir: "./workspace"`.' },
    );
  }
}

/** Where the real file of a path is, and every link that leads to it. */
async function waysTo(path: string): Promise<string[]> {
  const ways: string[] = [];
  for (let next: string | undefined = path; next !== undefined && ways.length < mostLinks; ) {
    const place: string = join(await realpath(dirname(next)).catch(() => dirname(`${next}`)), basename(next));
    ways.push(place);
    next = await readlink(place).then(
      (target) => resolve(dirname(place), target),
      () => undefined,
    );
  }
  return ways;
}

// Linux follows no more.
const mostLinks = 40;
