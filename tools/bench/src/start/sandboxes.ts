import { Sandbox } from "@seer/environment";

/** Starts sandboxes at once, and waits until each has answered a first command. */
export async function startSandboxes(count: number): Promise<AsyncDisposable> {
  const sandboxes = Array.from({ length: count }, () => new Sandbox({ executionMode: "cli" }));
  const end = async () => void (await Promise.all(sandboxes.map((sandbox) => sandbox.terminate())));
  try {
    await Promise.all(
      sandboxes.map(async (sandbox) => {
        await sandbox.start();
        await sandbox.exec("true");
      }),
    );
  } catch (error) {
    await end();
    throw error;
  }
  return { [Symbol.asyncDispose]: end };
}
