const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
type Signal = keyof typeof exitCodes;

/** Turns Ctrl-C and its like into an aborted signal, so that commands can clean up; a second one ends at once. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  /** What the process should exit with, when it was interrupted. */
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
