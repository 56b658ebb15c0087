import { join } from "node:path";
import { toLibrary } from "@seer/expose-adapters/library";
import { type LaunchedHost, launchHost } from "@seer/rpc/launch";
import { directoryTarget, installWorkspace, Workspace } from "@seer/workspace";
import { connectSeer } from "../callers/seer.ts";
import { driveFromPython } from "../drivers/python-driver.ts";
import { driveFromTypeScript } from "../drivers/typescript-driver.ts";
import { pythonDirectory } from "../processes/python-process.ts";
import type { Contestant } from "./contestant.ts";

const libraryName = "bench_library";

/** The host of `@seer/rpc`, called by its TypeScript client and by the generated Python library. */
export const seer: Contestant = {
  name: "Seer",
  languages: ["TypeScript", "Python"],
  async start({ core, tunnel }) {
    const host = await launchHost({
      file: join(pythonDirectory, "interface.py"),
      python: core.python,
      name: libraryName,
    });
    let library: Promise<string> | undefined;
    return {
      async drive(language, way) {
        const tls = way === "tunnel";
        const local = Number(new URL(host.url).port);
        const port = tls ? await tunnel.open(local) : local;
        if (language === "TypeScript") return driveFromTypeScript(connectSeer(host.token), { port, tls });
        library ??= installLibrary(host, join(core.directory, "library"));
        const env = {
          SEER_RPC_URL: tls ? `https://localhost:${port}` : host.url,
          SEER_RPC_TOKEN: host.token,
          ...(tls ? { SSL_CERT_FILE: tunnel.certificate } : {}),
        };
        const target = tls ? { port, certificate: tunnel.certificate } : { port };
        return driveFromPython("seer", target, { python: core.python, path: [await library], env });
      },
      [Symbol.asyncDispose]: () => host.close(),
    };
  },
};

/** Generates the library, and gives the directory to import it from. */
async function installLibrary(host: LaunchedHost, root: string): Promise<string> {
  await using client = await host.client();
  const description = await client.describe();
  const library = toLibrary({ name: libraryName, url: host.url, token: host.token, description });
  const { libraryDir } = await installWorkspace(
    new Workspace({ libraries: [library] }),
    directoryTarget(root),
    { root },
  );
  return libraryDir;
}
