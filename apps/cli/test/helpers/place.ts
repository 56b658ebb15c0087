import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { McpConfig } from "@seer/config";
import { afterAll } from "vitest";
import { Cli, seer } from "./cli.ts";

/** What `seer serve --json` prints. */
export interface Served {
  id: string;
  name: string;
  url: string;
  token: string;
  as: string;
  functions: { name: string; signature: string; description: string }[];
  directory?: string;
  module?: string;
  file?: string;
  mcpServers?: McpConfig;
  prompt?: string;
}

// One for all tests of a file: it caches what a sandbox's Python is made of.
const home = await mkdtemp(join(tmpdir(), "seer-home-"));
afterAll(() => rm(home, { recursive: true }));

/** A directory in which to use `seer`, with sandboxes that are nobody else's. */
export class Place implements AsyncDisposable {
  readonly directory: string;
  readonly home = home;
  readonly greetings = fixture("greetings.py");
  readonly working = fixture("working.py");

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<Place> {
    return new Place(await mkdtemp(join(tmpdir(), "seer-cli-")));
  }

  async write(path: string, text: string): Promise<string> {
    const file = join(this.directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  /** Starts a command. */
  start(...args: string[]): Cli {
    return new Cli(args, { env: { SEER_HOME: home }, cwd: this.directory });
  }

  /** Starts a command on a terminal. */
  startOnTerminal(...args: string[]): Cli {
    return new Cli(args, { env: { SEER_HOME: home }, cwd: this.directory, onTerminal: true });
  }

  /** Runs a command to its end. */
  seer(...args: string[]): Promise<Awaited<ReturnType<typeof seer>>> {
    return seer(args, { env: { SEER_HOME: home }, cwd: this.directory });
  }

  /** Serves `greetings.py` until it is disposed of. */
  async serve(...args: string[]): Promise<{ cli: Cli; served: Served } & AsyncDisposable> {
    const cli = this.start("serve", this.greetings, "--json", ...args);
    await cli.until("\n");
    const served = JSON.parse(cli.stdout) as Served;
    return { cli, served, [Symbol.asyncDispose]: () => cli[Symbol.asyncDispose]() };
  }

  /** The same of another file, as a person sees it. */
  async serveFor(file: string, ...args: string[]): Promise<Cli> {
    const cli = this.start("serve", file, ...args);
    await cli.until("Press Ctrl-C to stop serving.");
    return cli;
  }

  /** Ids of the running sandboxes. */
  async running(): Promise<string[]> {
    const { stdout } = await this.seer("ls", "--json");
    return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** The processes of sandboxes: those that were started with something of the home, or that see it mounted. */
export async function sandboxProcesses(): Promise<string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
      const [command, mounts] = await Promise.all([read("cmdline"), read("mountinfo")]);
      return `${command}${mounts}`.includes(home) ? command.replaceAll("\0", " ") : "";
    }),
  );
  return found.filter((command) => command !== "");
}
