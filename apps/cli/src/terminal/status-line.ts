import { formatDuration } from "@seer/config";

/** Shows what a command waits for, on a stream with other output. */
export interface StatusLine extends Disposable {
  /** Changes the text. */
  show(text: string): void;
  /** Writes permanent output to this stream, or to another one of the same terminal. */
  print(text: string, stream?: NodeJS.WriteStream): void;
}

const refreshMs = 1000;
const lineEveryMs = 5000;

/**
 * On a terminal, one line that is updated in place, with the elapsed time; elsewhere, a new line when the text changes,
 * with a limited frequency.
 *
 * @param first The text before the first `show`; not printed if the stream is not a terminal.
 */
export async function createStatusLine(stream: NodeJS.WriteStream, first: string): Promise<StatusLine> {
  return stream.isTTY ? await createTicker(stream, first) : createLines(stream, first);
}

/** Shows nothing, for output that programs read. */
export const noStatusLine: StatusLine = {
  show: () => {},
  print: (text, stream) => void stream?.write(text),
  [Symbol.dispose]: () => {},
};

async function createTicker(stream: NodeJS.WriteStream, first: string): Promise<StatusLine> {
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(stream);
  const startedAt = performance.now();
  let text = first;
  let isAtLineStart = true;
  const draw = () => {
    // Do not interrupt an incomplete line of output, such as that of a progress bar.
    if (isAtLineStart) update(`· ${text} (${formatDuration(wholeSeconds(performance.now() - startedAt))})`);
  };
  const timer = setInterval(draw, refreshMs);
  return {
    show(newText) {
      text = newText;
      if (performance.now() - startedAt >= refreshMs) draw();
    },
    print(output, target = stream) {
      update.clear();
      target.write(output);
      isAtLineStart = output.endsWith("\n");
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      update.clear();
      update.done();
    },
  };
}

function createLines(stream: NodeJS.WriteStream, first: string): StatusLine {
  let text = first;
  let printedAt = -Infinity;
  return {
    show(newText) {
      const now = performance.now();
      if (newText === text || now - printedAt < lineEveryMs) return;
      text = newText;
      printedAt = now;
      stream.write(`· ${text}\n`);
    },
    print: (output, target = stream) => void target.write(output),
    [Symbol.dispose]: () => {},
  };
}

function wholeSeconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000) * 1000;
}
