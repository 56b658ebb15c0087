import type { LogLine } from "@seer/environment";
import { style } from "../terminal/style.ts";
import { describeLine } from "./describe-line.ts";

const mostPerSecond = 40;

/** Prints new lines of a host's log to a terminal, up to a limit per second. */
export class LogPrinter implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;
  #printed = 0;
  #omitted = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#timer = setInterval(() => this.#nextSecond(), 1000).unref();
  }

  print(line: LogLine): void {
    if (this.#printed++ < mostPerSecond) this.#write(line);
    else this.#omitted++;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#nextSecond();
  }

  #nextSecond(): void {
    const paint = style(this.#stream);
    if (this.#omitted > 0) {
      this.#stream.write(`${paint("dim", `… ${this.#omitted} more lines; run \`seer logs\` to see them`)}\n`);
    }
    this.#printed = 0;
    this.#omitted = 0;
  }

  #write(line: LogLine): void {
    const paint = style(this.#stream);
    const { kind, text } = describeLine(line);
    const time = paint("dim", line.at.toTimeString().slice(0, 8));
    const shown = {
      print: text,
      call: paint("green", text),
      failure: paint("red", text),
      state: paint("yellow", text),
    }[kind];
    this.#stream.write(`${time} ${shown}\n`);
  }
}
