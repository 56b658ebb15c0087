#!/usr/bin/env node
// Runs the Modal emulator from the command line: prints the variables to export, and runs until Ctrl-C.
import { parseArgs } from "node:util";
import { startModalEmulator } from "./start-modal-emulator.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    state: { type: "string" },
    secret: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", short: "h", default: false },
  },
});

const HELP = `Usage: modal-emulator [options]

  --port PORT                 listen on this port instead of a free one
  --state DIRECTORY           keep images and volumes here for the next time
  --secret NAME=VARIABLE      let Modal's secret NAME hold this variable of this environment; repeatable
  -h, --help                  show this help

Prints the variables that point Modal's SDK at it, and runs until Ctrl-C:

  pnpm --silent modal-emulator > modal.env &
  . ./modal.env
`;

if (values.help) {
  process.stdout.write(HELP);
} else {
  await run();
}

async function run(): Promise<void> {
  const emulator = await startModalEmulator({
    ...(values.port !== undefined && { port: Number(values.port) }),
    ...(values.state !== undefined && { stateDirectory: values.state }),
    secrets: readSecrets(values.secret),
  }).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  for (const [name, value] of Object.entries(emulator.env))
    process.stdout.write(`export ${name}='${value}'\n`);
  process.stderr.write("Modal is emulated until Ctrl-C.\n");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void emulator.close().then(() => process.exit(0)));
  }
}

function readSecrets(options: readonly string[]): Record<string, Record<string, string>> {
  const secrets: Record<string, Record<string, string>> = {};
  for (const option of options) {
    const [name = "", variable = ""] = option.split("=");
    const value = process.env[variable];
    if (value === undefined) {
      process.stderr.write(`--secret ${option}: this environment has no ${variable}\n`);
      process.exit(2);
    }
    secrets[name] = { ...secrets[name], [variable]: value };
  }
  return secrets;
}
