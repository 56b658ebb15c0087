import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { ModalEmulatorOptions } from "@seer/modal-emulator";
import { vi } from "vitest";
import { dockerStub } from "../support/docker-stub.ts";
import { useFakeGpus } from "../support/fake-gpus.ts";
import { temporaryDirectory } from "../support/home.ts";

// For what a machine that runs tests does not have: GPUs, container engines, code-server.

const codeServer = join(import.meta.dirname, "..", "fixtures", "code-server.py");

/** Puts them on this machine's PATH. */
export async function installHere(): Promise<void> {
  await useFakeGpus(Array.from({ length: 8 }, () => ["NVIDIA A100-SXM4-40GB", 0]));
  const docker = await dockerStub();
  const editor = join(await temporaryDirectory(), "code-server");
  await mkdir(join(editor, "bin"), { recursive: true });
  await writeFile(join(editor, "package.json"), JSON.stringify({ name: "code-server" }));
  await writeFile(join(editor, "page.txt"), "an editor");
  await writeExecutable(join(editor, "bin", "code-server"));
  await symlink(join(editor, "bin", "code-server"), join(docker.directory, "code-server"));
  vi.stubEnv("PATH", [docker.directory, process.env.PATH].join(delimiter));
  vi.stubEnv("DOCKER_HOST", docker.host);
}

const dockerd = "#!/bin/sh\ntouch /run/answers\nexec sleep 1000\n";
const docker = `#!/bin/sh
[ -e /run/answers ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
case "$1" in
  version) echo 27.1.1 ;;
  build) while [ "$1" != --file ]; do shift; done; grep '^FROM' "$2" ;;
esac
`;
// As \`curl -o FILE URL\` with the URL of code-server's installer, which gets \`--prefix=DIRECTORY\`.
const curl = `#!/bin/sh
while [ "$1" != -o ]; do shift; done
cat > "$2" <<'END'
for option; do case "$option" in --prefix=*) prefix="\${option#--prefix=}" ;; esac; done
mkdir -p "$prefix/bin"
cp /usr/local/bin/code-server-stand-in "$prefix/bin/code-server"
printf 'an editor' > "$prefix/page.txt"
END
`;

/** What Debian's packages bring into the images of an emulator. */
export async function debianPackages(): Promise<
  Required<Pick<ModalEmulatorOptions, "systemPackages" | "programs">>
> {
  const engine = await temporaryDirectory();
  await writeFile(join(engine, "dockerd"), dockerd, { mode: 0o755 });
  await writeFile(join(engine, "docker"), docker, { mode: 0o755 });
  const downloads = await temporaryDirectory();
  await writeFile(join(downloads, "curl"), curl, { mode: 0o755 });
  await writeExecutable(join(downloads, "code-server-stand-in"));
  return {
    systemPackages: ["docker.io", "docker-cli", "iptables", "curl"],
    programs: { "docker.io": engine, curl: downloads },
  };
}

async function writeExecutable(path: string): Promise<void> {
  await copyFile(codeServer, path);
  await chmod(path, 0o755);
}
