import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findPython } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import { tool } from "../../../python-source.ts";

const taken = 98;
const answerMs = 20_000;

/**
 * Makes a port of a sandbox without network callable on this machine for as long as the sandbox lives, and returns the
 * port here: the same one where it is free.
 *
 * @throws EnvironmentError `environment/port-unavailable` when it must be the same one
 */
export async function relayPort(
  socket: string,
  port: number,
  { same = false }: { same?: boolean | undefined } = {},
): Promise<number> {
  const { executable } = await findPython();
  const arguments_ = ["-I", tool("relay_port"), socket, String(port), same ? "same" : "any"];
  try {
    const { stdout } = await promisify(execFile)(executable, arguments_, { timeout: answerMs });
    return Number(stdout);
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code !== taken) {
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
      `Port ${port} cannot be used: ${stdout?.trim()}`,
      { hint: "Give another `port`, or none for any that is free." },
    );
  }
}
