import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs git in a repository of a test, as nobody in particular; gives what it prints. */
export function gitIn(repository: string): (...args: string[]) => Promise<string> {
  const identity = ["user.name=Test", "user.email=test@localhost", "commit.gpgsign=false"];
  const options = ["-C", repository, ...identity.flatMap((setting) => ["-c", setting])];
  return async (...args) => (await promisify(execFile)("git", [...options, ...args])).stdout.trim();
}
