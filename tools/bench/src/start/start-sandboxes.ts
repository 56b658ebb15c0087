// `node start-sandboxes.ts COUNT`: starts sandboxes at once, says when all have answered, and ends them with its input.
import { once } from "node:events";
import { startSandboxes } from "./sandboxes.ts";

await using _sandboxes = await startSandboxes(Number(process.argv[2]));
console.log("ready");
await once(process.stdin.resume(), "end");
