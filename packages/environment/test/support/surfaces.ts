import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { RpcClient } from "@seer/rpc";
import { directoryTarget, installWorkspace, Workspace } from "@seer/workspace";
import type { ScopedSandbox } from "../../src/index.ts";
import { McpProcess } from "./mcp-process.ts";

const run = promisify(execFile);
const python = process.env.SEER_PYTHON ?? "python3";

/** A function without parameters that returns a number, called in each of the ways in which one can be. */
export interface Surfaces extends AsyncDisposable {
  readonly ways: Readonly<Record<"client" | "library" | "mcp" | "skill", (name: string) => Promise<unknown>>>;
}

/** Serves a file in all forms, for programs that go on while the sandbox is stopped and started. */
export async function surfacesOf(scoped: ScopedSandbox, file: string): Promise<Surfaces> {
  await using stack = new AsyncDisposableStack();
  const library = await scoped.serve(file, { exposeAs: "library", name: "tools" });
  const mcpConfig = await scoped.serve(file, { exposeAs: "mcp", name: "tools" });
  const skill = await scoped.serve(file, { exposeAs: "skill", name: "tools" });
  const served = scoped.served.find(({ name }) => name === "tools");
  if (served === undefined) throw new Error("nothing is served");
  const root = await mkdtemp(join(tmpdir(), "seer-idle-"));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const workspace = new Workspace({ libraries: [library], skills: [skill] });
  await installWorkspace(workspace, directoryTarget(root), { root });
  const script = (await run("find", [root, "-name", "call.py"])).stdout.trim();
  const mcp = stack.use(await McpProcess.start(mcpConfig));
  const client = stack.use(await RpcClient.connect(served));
  const imported = (name: string) => ["-c", `import tools; print(tools.${name}())`];
  const ways = {
    client: (name: string) => client.call(name),
    library: async (name: string) =>
      Number((await run(python, imported(name), { cwd: join(root, "lib") })).stdout),
    mcp: (name: string) => mcp.call(name),
    skill: async (name: string) => Number((await run(python, [script, name])).stdout),
  };
  const ours = stack.move();
  return { ways, [Symbol.asyncDispose]: () => ours.disposeAsync() };
}
