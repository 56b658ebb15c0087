import { runBench } from "./src/bench.ts";
import { type Options, parseOptions, usage } from "./src/options.ts";

let options: Options | "help";
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
if (options === "help") console.log(usage);
else await runBench(options);
