import { type ProgramError, runProgram } from "@seer/config";
import { findPython } from "@seer/rpc/launch";
import { tool } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";

const portTakenExitCode = 98;
const relayTimeoutMs = 20_000;

/**
 * Makes a port of a sandbox with its own network reachable on this machine until the sandbox ends. Returns the port on
 * this machine: the same number if it is free.
 *
 * @throws EnvironmentError `environment/port-unavailable` if `same` is set and the number is not free
 */
export async function relayPort(
  socket: string,
  port: number,
  { same = false }: { same?: boolean | undefined } = {},
): Promise<number> {
  const { executable } = await findPython();
  const arguments_ = ["-I", "-S", tool("relay_port"), socket, String(port), same ? "same" : "any"];
  try {
    const { stdout } = await runProgram(executable, arguments_, { timeoutMs: relayTimeoutMs });
    return Number(stdout);
  } catch (error) {
    const { code, stdout, stderr } = error as ProgramError;
    if (code !== portTakenExitCode) {
      throw new EnvironmentError(
        "environment/ended",
        `Port ${port} of the sandbox cannot be reached: ${stderr}`,
        {
          cause: error,
        },
      );
    }
    throw new EnvironmentError(
      "environment/port-unavailable",
      `Port ${port} cannot be used: ${stdout.trim()}`,
      { hint: "Choose another `port`, or omit it to use any free one." },
    );
  }
}
