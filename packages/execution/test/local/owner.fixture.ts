// A program that starts a session, leaves a cell running in it with a child of its own, and waits to be ended.
import { createLocalSession } from "../../src/index.ts";

const [workspaceDir = "", isolate] = process.argv.slice(2);
const session = await createLocalSession({
  name: "owned",
  workspaceDir,
  isolate: isolate === "none" ? "none" : "auto",
});
const code = "import subprocess, time; subprocess.Popen(['sleep', '300']); print('begun'); time.sleep(300)";
await session.exec(code, { onOutput: () => console.log("running") });
