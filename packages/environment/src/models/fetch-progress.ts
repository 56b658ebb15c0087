import type { Progress } from "@seer/config";
import { formatBytes, formatDuration } from "@seer/config";
import type { FetchDone, FetchLine } from "./fetch-lines.ts";

type Measured = Extract<FetchLine, { type: "progress" }>;

/** Reports the progress of a download, at most once a second. */
export class FetchProgress {
  readonly #name: string;
  readonly #report: Progress;
  readonly #isHidden: boolean;
  readonly #recent: Measured[] = [];
  #reported = Number.NEGATIVE_INFINITY;

  constructor(name: string, report: Progress, { isHidden = false }: { isHidden?: boolean | undefined } = {}) {
    this.#name = name;
    this.#report = report;
    this.#isHidden = isHidden;
  }

  add(line: FetchLine): void {
    if (line.type === "progress") this.#addMeasurement(line);
    else if (line.type === "retry") {
      this.#print(`${line.what} failed (${line.message}); trying again, ${line.attempt + 1} of ${line.of}`);
    } else if (line.type === "done") this.#print(summary(line, this.#isHidden));
  }

  #addMeasurement(line: Measured): void {
    this.#recent.push(line);
    while (this.#recent.length > 2 && line.seconds - (this.#recent[0]?.seconds ?? 0) > windowSeconds) {
      this.#recent.shift();
    }
    // The last line reports a complete download.
    if (line.bytes === line.total || line.seconds - this.#reported < everySeconds) return;
    this.#reported = line.seconds;
    this.#print(`${formatBytes(line.bytes)} of ${formatBytes(line.total)}${this.#timeLeft(line)}`);
  }

  #timeLeft({ bytes, total, fetched, seconds }: Measured): string {
    const first = this.#recent[0];
    if (first === undefined || seconds - first.seconds < everySeconds) return "";
    const received = fetched - first.fetched;
    // The small files come first; their rate says nothing about the weights.
    if (received < leastBytesForRate) return "";
    const rate = received / (seconds - first.seconds);
    return `, ${formatDuration(Math.ceil((total - bytes) / rate) * 1000)} left`;
  }

  #print(text: string): void {
    this.#report(`Model ${this.#name}: ${text}`);
  }
}

function summary({ bytes, fetched, offline, revision }: FetchDone, isHidden: boolean): string {
  const commit = isHidden ? "" : ` at ${revision.slice(0, 12)}`;
  if (offline) return `from the cache${commit}, because the hub cannot be reached`;
  if (fetched === 0) return `from the cache${commit}`;
  return `${formatBytes(bytes)}, complete${commit}`;
}

const everySeconds = 1;
const leastBytesForRate = 1_000_000;
// Long enough to smooth the rate, short enough to follow its changes.
const windowSeconds = 15;
