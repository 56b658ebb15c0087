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

/** Defines the commands. Each imports its code when it runs, so that `seer --help` stays fast. */
export function buildProgram(signal: AbortSignal): Command {
  const program = new Command("seer")
    .description("Serve the functions of a Python file from a sandbox, and call them.")
    .version(packageJson.version)
    .exitOverride()
    .addHelpText("after", environmentHelp)
    // `run` reports usage errors in the same form as other errors.
    .configureOutput({ outputError: () => {} });

  program
    .command("serve")
    .description("serve the exposed functions of FILE until Ctrl-C")
    .addArgument(new Argument("<file>", "the interface file"))
    .addOption(
      new Option("--as <mode>", "how an agent gets the functions").choices(serveModes).default("library"),
    )
    .option("--name <name>", "the interface's name (default: the file's name)")
    .option("--out <directory>", "the directory for the files that the agent needs")
    .option("--port <port>", "the port on 127.0.0.1 (default: any free port)", portNumber)
    .option("--watch", "reload FILE when it, or a file next to it that it imports, is edited")
    .option(
      "--config <file>",
      "the sandbox configuration (default: seer.config.json next to FILE, if it exists)",
    )
    .option("--json", "print one JSON object instead of text")
    .action(async (file, options) => (await import("./commands/serve.ts")).serve(file, options, signal));

  program
    .command("call")
    .description("call a served function and print its result as JSON")
    .addArgument(new Argument("<target>", "a sandbox's id or name, an interface's name, or a URL"))
    .addArgument(new Argument("<function>", "the function's name"))
    .option("--args <json>", "arguments: an object by name, or an array by position", "{}")
    .option("--out <directory>", "the directory for pictures in the result", ".")
    .option("--json", "print the result on one line, without the function's output and progress")
    .action(async (target, fn, options) =>
      (await import("./commands/call.ts")).call(target, fn, options, signal),
    );

  program
    .command("ls")
    .description("list the running sandboxes")
    .option("--json", "print a JSON array instead of a table")
    .action(async (options) => (await import("./commands/ls.ts")).ls(options));

  program
    .command("logs")
    .description("show an interface's output, its calls, and restarts of its worker")
    .addArgument(new Argument("<target>", "an interface's name, or a sandbox's id or name"))
    .option("-f, --follow", "print new lines as they arrive, until Ctrl-C")
    .option("--lines <number>", "the number of last lines to show", wholeNumber, 100)
    .action(async (target, options) => (await import("./commands/logs.ts")).logs(target, options, signal));

  program
    .command("stop")
    .description("end a sandbox and everything in it")
    .addArgument(new Argument("[id]", "a sandbox's id or name, or the name of an interface in it"))
    .option("--all", "end all sandboxes")
    .action(async (id, options) => (await import("./commands/stop.ts")).stop(id, options));

  const snapshots = program
    .command("snapshots")
    .description("list the snapshots, and show how to start from one")
    .option("--json", "print a JSON array instead of a table")
    .action(async (options) => (await import("./commands/snapshots.ts")).snapshots(options));
  snapshots
    .command("rm")
    .description("remove snapshots")
    .argument("<id...>", "ids of snapshots")
    .action(async (ids) => (await import("./commands/snapshots.ts")).removeSnapshots(ids));

  program
    .command("clean")
    .description("list what takes disk space, and with --yes remove it unless it is in use")
    .addArgument(
      new Argument("[kinds...]", "what to list or remove (--yes alone: environments and downloads)").choices([
        "environments",
        "downloads",
        "models",
        "snapshots",
      ]),
    )
    .option("--older-than <time>", "only what was last used longer ago than, such as 12h, 7d or 4w")
    .option("--yes", "remove it")
    .option("--json", "print one JSON object instead of text")
    .action(async (kinds, options) => (await import("./commands/clean.ts")).clean(kinds, options));

  program
    .command("plan")
    .description("show what a sandbox would consist of and cost, without starting it")
    .addArgument(new Argument("[config]", "the sandbox's configuration").default("seer.config.json"))
    .addOption(
      new Option("--backend <backend>", "the backend that it would run on").choices(backendSchema.options),
    )
    .addOption(
      new Option(
        "--kind <kind>",
        "scoped: only serves functions, as with `seer serve`; sandbox: for working in",
      )
        .choices(["scoped", "sandbox"])
        .default("scoped"),
    )
    .option("--json", "print one JSON object instead of text")
    .action(async (config, options) => (await import("./commands/plan.ts")).plan(config, options));

  program
    .command("gpus")
    .description("list the GPUs that a sandbox can use, and their prices")
    .option("--json", "print one JSON object instead of a table")
    .action(async (options) => (await import("./commands/gpus.ts")).gpus(options));

  program
    .command("cost")
    .description("show what the sandboxes of this machine's user have cost")
    .option("--since <time>", "omit sandboxes that ended longer ago than this, such as 12h, 7d or 4w")
    .option("--json", "print one JSON object instead of a table")
    .action(async (options) => (await import("./commands/cost.ts")).cost(options));

  program
    .command("doctor")
    .description("check what this machine has, what is missing, and how to install it")
    .option("--json", "print one JSON object instead of text")
    .action(async (options) => (await import("./commands/doctor.ts")).doctor(options));

  return program;
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number.");
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("Expected a whole number from 1 to 65535.");
}
