const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
type Signal = keyof typeof exitCodes;

/** Aborts a signal on Ctrl-C and similar signals, so that commands can clean up; a second one exits at once. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  /** The exit code of the process; undefined if it was not interrupted. */
  exitCode: number | undefined;

  constructor() {
    for (const signal of Object.keys(exitCodes)) process.on(signal, this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of Object.keys(exitCodes)) process.off(signal, this.#interrupt);
  }

  readonly #interrupt = (signal: Signal): void => {
    if (this.exitCode !== undefined) process.exit(exitCodes[signal]);
    this.exitCode = exitCodes[signal];
    this.#controller.abort(new Error(`Interrupted by ${signal}`));
  };
}
