/** The first line of a message of the protocol. */
export interface MessageHeader {
  readonly op: string;
  readonly id: string;
  /** `true` when the client wants output and progress while the call runs. */
  readonly output: unknown;
  readonly deadlineMs: number | undefined;
  readonly revision: number | undefined;
}

const newline = 10;

/** Parses the header of a message; undefined if the data is not a message. */
export function headerOf(data: Buffer): MessageHeader | undefined {
  const end = data.indexOf(newline);
  if (end < 0) return undefined;
  try {
    const header = JSON.parse(data.toString("utf8", 0, end)) as Record<string, unknown>;
    const { op, id, output, deadlineMs, revision } = header;
    return {
      op: String(op),
      id: typeof id === "string" ? id : "",
      output,
      deadlineMs: typeof deadlineMs === "number" ? deadlineMs : undefined,
      revision: typeof revision === "number" ? revision : undefined,
    };
  } catch {
    return undefined;
  }
}

export function message(header: Record<string, unknown>, body?: unknown): string {
  return `${JSON.stringify(header)}\n${body === undefined ? "" : JSON.stringify(body)}`;
}

/** Replaces the deadline of a message. Its length stays the same, because the buffers that follow are aligned. */
export function withDeadline(data: Buffer, leftMs: number): Buffer {
  const end = data.indexOf(newline);
  const line = data
    .toString("latin1", 0, end)
    .replace(/("deadlineMs"\s*:\s*)(\d+)/, (_, key: string, digits: string) => {
      return key + String(Math.max(1, Math.ceil(leftMs))).padEnd(digits.length);
    });
  const changed = Buffer.from(data);
  changed.write(line, 0, end, "latin1");
  return changed;
}
