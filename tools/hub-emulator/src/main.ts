#!/usr/bin/env node
// A model hub by hand: serves directories as repos, prints what to export, and lives until Ctrl-C.
import { parseArgs } from "node:util";
import { startHubEmulator } from "./start-hub-emulator.ts";

const HELP = `Usage: hub-emulator [--port PORT] [--gated] ORG/NAME=DIRECTORY...

Serves each directory as a model repo. With --gated the token hf_emulator may download, and no other.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string" },
    gated: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help || positionals.length === 0) {
  process.stdout.write(HELP);
} else {
  const hub = await startHubEmulator({
    tokens: ["hf_emulator"],
    ...(values.port && { port: Number(values.port) }),
  });
  for (const argument of positionals) {
    const [id = "", directory = ""] = argument.split("=");
    await hub.addRepo(id, directory, { gated: values.gated, allowed: ["hf_emulator"] });
  }
  for (const [name, value] of Object.entries(hub.env)) process.stdout.write(`export ${name}='${value}'\n`);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void hub.close().then(() => process.exit(0)));
  }
}
