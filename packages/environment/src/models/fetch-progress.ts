import type { Progress } from "@seer/config";
import type { FetchDone, FetchLine } from "./fetch-lines.ts";
import { formatBytes, formatBytesOf, formatTimeLeft } from "./format.ts";

type Measured = Extract<FetchLine, { type: "progress" }>;

/** Turns a fetch's lines into a few that people read, at most one a second of how far it is. */
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

  take(line: FetchLine): void {
    if (line.type === "progress") this.#measured(line);
    else if (line.type === "waiting") this.#say(`waiting for another process that downloads ${line.file}`);
    else if (line.type === "retry") {
      this.#say(`${line.what} failed (${line.message}); trying again, ${line.attempt + 1} of ${line.of}`);
    } else if (line.type === "done") this.#say(ending(line, this.#isHidden));
  }

  #measured(line: Measured): void {
    this.#recent.push(line);
    while (this.#recent.length > 2 && line.seconds - (this.#recent[0]?.seconds ?? 0) > windowSeconds) {
      this.#recent.shift();
    }
    // All there at the start is said by the last line.
    if (line.bytes === line.total || line.seconds - this.#reported < everySeconds) return;
    this.#reported = line.seconds;
    this.#say(`${formatBytesOf(line.bytes, line.total)}${this.#timeLeft(line)}`);
  }

  #timeLeft({ bytes, total, fetched, seconds }: Measured): string {
    const first = this.#recent[0];
    if (first === undefined || seconds - first.seconds < everySeconds || fetched <= first.fetched) return "";
    const rate = (fetched - first.fetched) / (seconds - first.seconds);
    return `, ${formatTimeLeft((total - bytes) / rate)} left`;
  }

  #say(text: string): void {
    this.#report(`Model ${this.#name}: ${text}`);
  }
}

function ending({ bytes, fetched, offline, revision }: FetchDone, isHidden: boolean): string {
  const commit = isHidden ? "" : ` at ${revision.slice(0, 12)}`;
  if (offline) return `the hub cannot be reached; from the cache${commit}`;
  if (fetched === 0) return `from the cache${commit}`;
  return `${formatBytes(bytes)}, complete${commit}`;
}

const everySeconds = 1;
// Long enough to even out a network, short enough to follow it.
const windowSeconds = 15;
