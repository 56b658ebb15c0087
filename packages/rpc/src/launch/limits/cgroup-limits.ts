import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const root = "/sys/fs/cgroup";
const pauseMs = 50;
const maxAttempts = 40;
const newGroupMs = 60_000;

interface Amounts {
  bytes: number;
  processes: number;
}

/** Control groups below that of this process, if this user may create some. */
export class CgroupLimits implements AsyncDisposable {
  readonly #directories: readonly string[];

  private constructor(directories: readonly string[]) {
    this.#directories = directories;
  }

  /** @throws an Error with the reason if they cannot be created */
  static async create(pid: number, id: string, { bytes, processes }: Amounts): Promise<CgroupLimits> {
    const own = await ownGroups();
    const made = new CgroupLimits(
      own.unified === undefined
        ? [own.of("memory"), own.of("pids")].map((directory) => join(directory, `seer-${id}`))
        : [join(own.unified, `seer-${id}`)],
    );
    for (const directory of made.#directories) await removeLeftovers(dirname(directory));
    try {
      for (const directory of made.#directories) await mkdir(directory);
      const [first = "", last = ""] = [made.#directories[0], made.#directories.at(-1)];
      if (own.unified === undefined) await writeFile(join(first, "memory.limit_in_bytes"), `${bytes}`);
      else await writeFile(join(first, "memory.max"), `${bytes}`);
      await writeFile(join(last, "pids.max"), `${processes}`);
      for (const directory of made.#directories) await writeFile(join(directory, "cgroup.procs"), `${pid}`);
      return made;
    } catch (error) {
      await made[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const directory of this.#directories) {
      for (let left = maxAttempts; left > 0 && existsSync(directory); left--) {
        // A group cannot be removed while it has a process, nor for a short time after that has ended.
        await rmdir(directory).catch(() => delay(pauseMs));
      }
    }
  }
}

/** Removes the empty groups of sandboxes whose owner was killed. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith("seer-")) continue;
    const path = join(directory, name);
    // A new group may be about to get its process.
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > newGroupMs) await rmdir(path).catch(() => {});
  }
}

/** The directories of this process's groups: one for all controllers (version 2), or one per controller. */
async function ownGroups(): Promise<{ unified: string | undefined; of: (controller: string) => string }> {
  const lines = (await readFile("/proc/self/cgroup", "utf8")).trim().split("\n");
  const paths = new Map(
    lines.flatMap((line) => {
      const [, controllers = "", path = "/"] = line.split(":");
      return controllers.split(",").map((controller) => [controller, path] as const);
    }),
  );
  if (paths.has("memory") && paths.has("pids")) {
    const of = (controller: string) => join(root, controller, paths.get(controller) ?? "/");
    return { unified: undefined, of };
  }
  const unified = join(root, paths.get("") ?? "/");
  const controllers = await readFile(join(unified, "cgroup.subtree_control"), "utf8");
  if (!controllers.includes("memory") || !controllers.includes("pids")) {
    throw new Error(`${unified} does not delegate the memory and pids controllers`);
  }
  return { unified, of: () => unified };
}
