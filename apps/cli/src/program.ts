import { backendSchema } from "@seer/config";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { serveModes } from "./serve/serve-modes.ts";

const environmentHelp = `
Environment:
  SEER_HOME        where sandboxes, environments and records live (default: ~/.seer)
  SEER_BACKEND     the backend of sandboxes that name none (default: local)
  SEER_BUDGET_USD  what each sandbox may cost at most
  SEER_PYTHON      the Python to use instead of the first python3
  SEER_RPC_TOKEN   the token for \`seer call URL\`
  NO_COLOR         no colours

Exit codes: 0, 1 for an error, 2 for a wrong command line, 130 after Ctrl-C.`;

/** The grammar. What a command needs is loaded when it runs: `seer --help` must not wait for it. */
export function buildProgram(signal: AbortSignal): Command {
  const program = new Command("seer")
    .description("Serve the functions of a Python file from a sandbox, and call them.")
    .version(packageJson.version)
    .exitOverride()
    .addHelpText("after", environmentHelp)
    // `run` reports wrong command lines in the form of every other error.
    .configureOutput({ outputError: () => {} });

  program
    .command("serve")
    .description("serve the exposed functions of FILE, until Ctrl-C")
    .addArgument(new Argument("<file>", "the interface file"))
    .addOption(
      new Option("--as <mode>", "how an agent gets the functions").choices(serveModes).default("library"),
    )
    .option("--name <name>", "what to call the interface (default: the file's name)")
    .option("--out <directory>", "where to write what the agent needs")
    .option("--port <port>", "where to listen, on 127.0.0.1 (default: any free port)", portNumber)
    .option("--config <file>", "the sandbox (default: seer.config.json beside FILE, if it exists)")
    .option("--json", "print one JSON object instead of text")
    .action(async (file, options) => (await import("./commands/serve.ts")).serve(file, options, signal));

  program
    .command("call")
    .description("call a function that is being served, and print its result as JSON")
    .addArgument(new Argument("<target>", "a sandbox's id or name, an interface's name, or a URL"))
    .addArgument(new Argument("<function>", "the function's name"))
    .option("--args <json>", "arguments: an object by name, or an array by position", "{}")
    .action(async (target, fn, options) =>
      (await import("./commands/call.ts")).call(target, fn, options, signal),
    );

  program
    .command("ls")
    .description("list the sandboxes that are running")
    .option("--json", "print a JSON array instead of a table")
    .action(async (options) => (await import("./commands/ls.ts")).ls(options));

  program
    .command("stop")
    .description("end a sandbox and everything in it")
    .addArgument(new Argument("[id]", "a sandbox's id or name, or the name of an interface in it"))
    .option("--all", "end all of them")
    .action(async (id, options) => (await import("./commands/stop.ts")).stop(id, options));

  const snapshots = program
    .command("snapshots")
    .description("list the snapshots that are kept, and how to start from one")
    .option("--json", "print a JSON array instead of a table")
    .action(async (options) => (await import("./commands/snapshots.ts")).snapshots(options));
  snapshots
    .command("rm")
    .description("remove snapshots")
    .argument("<id...>", "ids of snapshots")
    .action(async (ids) => (await import("./commands/snapshots.ts")).removeSnapshots(ids));

  program
    .command("plan")
    .description("show what a sandbox would be made of and cost, without making it")
    .addArgument(new Argument("[config]", "the sandbox's configuration").default("seer.config.json"))
    .addOption(new Option("--backend <backend>", "where it would run").choices(backendSchema.options))
    .addOption(
      new Option("--kind <kind>", "one that only serves functions, as of `seer serve`, or one to work in")
        .choices(["scoped", "sandbox"])
        .default("scoped"),
    )
    .option("--json", "print one JSON object instead of text")
    .action(async (config, options) => (await import("./commands/plan.ts")).plan(config, options));

  program
    .command("gpus")
    .description("list the GPUs that a sandbox can ask for, and their prices")
    .option("--json", "print one JSON object instead of a table")
    .action(async (options) => (await import("./commands/gpus.ts")).gpus(options));

  program
    .command("cost")
    .description("show what the sandboxes of this machine's user have cost")
    .option("--since <time>", "leave out what had ended before, such as 12h, 7d or 4w ago")
    .option("--json", "print one JSON object instead of a table")
    .action(async (options) => (await import("./commands/cost.ts")).cost(options));

  program
    .command("doctor")
    .description("say what this machine has, what it lacks, and how to get that")
    .option("--json", "print one JSON object instead of text")
    .action(async (options) => (await import("./commands/doctor.ts")).doctor(options));

  return program;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("Expected a whole number from 1 to 65535.");
}
