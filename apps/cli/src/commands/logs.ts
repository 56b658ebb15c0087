import { ScopedSandbox } from "@seer/environment";
import { CliError } from "../errors.ts";
import { findSandbox } from "../targets/find-sandbox.ts";

interface LogsOptions {
  follow?: boolean;
  lines: number;
}

/** `seer logs` */
export async function logs(
  target: string,
  { follow = false, lines }: LogsOptions,
  signal: AbortSignal,
): Promise<void> {
  const { id, name, interfaces, loading } = await findSandbox(target);
  const served = [...interfaces, ...loading];
  if (served.length === 0) throw new CliError("cli/target", `The sandbox ${target} serves nothing`);
  await using sandbox = await ScopedSandbox.fromId(id);
  const isSandbox = target === id || (target === name && !served.includes(target));
  const of = isSandbox ? {} : { name: target };
  if (!follow) {
    await sandbox.showRpcLogs({ ...of, lines });
    return;
  }
  const several = isSandbox && served.length > 1;
  await sandbox.followRpcLogs({
    ...of,
    lines,
    signal,
    onLine: ({ name, at, source, text }) =>
      console.log(`${several ? `${name}: ` : ""}${at.toISOString()} ${source} ${text}`),
  });
  const ended = await sandbox.ended;
  process.stderr.write(`${ended.message}\n`);
}
