/** The port in a line `{"port": N}` that a server has printed; undefined for any other line. */
export function parsePort(line: string): number | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const port: unknown = (value as { port?: unknown } | null)?.port;
  return typeof port === "number" && Number.isInteger(port) && port > 0 && port < 2 ** 16 ? port : undefined;
}
