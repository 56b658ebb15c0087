import { formatDuration, type Progress, shorten } from "@seer/config";
import { withoutCredentials } from "../secrets/mask.ts";

const reportedLines =
  /^\s*(Collecting|Downloading|Building|Installing|Successfully|Resolved|Prepared|Installed|Bytecode compiled)\b/;
const started = /^\s*(?:Downloading|Building) (\S+)/;
const finished = /^\s*(?:Downloaded|Built) (\S+)/;
const intervalMs = 10_000;
const longestLine = 500;

/** Reports an installer's output; while it is silent, reports every ten seconds what it is doing and for how long. */
export class InstallProgress implements Disposable {
  readonly #report: Progress;
  readonly #began = performance.now();
  readonly #timer = setInterval(() => this.tick(), intervalMs);
  /** Downloads and builds in progress, with their sizes. */
  readonly #inProgress = new Map<string, string>();
  #last = "";
  #hasReported = false;

  constructor(report: Progress) {
    this.#report = report;
  }

  addLine(line: string): void {
    const text = shorten(withoutCredentials(line.trim()), longestLine);
    const begun = started.exec(text)?.[1];
    const done = finished.exec(text)?.[1];
    if (begun !== undefined) this.#inProgress.set(begun, text);
    if (done !== undefined) this.#inProgress.delete(done);
    if (!reportedLines.test(text)) return;
    this.#last = text;
    this.#hasReported = true;
    this.#report(`  ${text}`);
  }

  /** Called by the timer. */
  tick(): void {
    const wasSilent = !this.#hasReported;
    this.#hasReported = false;
    if (!wasSilent) return;
    const doing = this.#inProgress.size > 0 ? [...this.#inProgress.values()].join(", ") : this.#last;
    this.#report(
      `  ${formatDuration(performance.now() - this.#began)}: ${doing || "waiting for the package index"}`,
    );
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
