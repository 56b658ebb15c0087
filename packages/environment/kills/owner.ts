// Starts the sandbox of the configuration on its standard input, serves from it, and waits to be killed.
import "../test/support/timings.ts";
import { text } from "node:stream/consumers";
import { ScopedSandbox } from "../src/index.ts";
import type { OwnerRequest } from "./workload.ts";

const { config, isolation, file } = JSON.parse(await text(process.stdin)) as OwnerRequest;
const scoped = new ScopedSandbox(config, { isolation, onProgress: (line) => console.log(line) });
console.log("begun");
await scoped.start({ name: "killed" });
await scoped.serve(file, { exposeAs: "library", name: "tools" });
console.log("served");
setInterval(() => {}, 1000);
