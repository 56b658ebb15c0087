import type { IdleLife } from "../idle-life.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { wakeFailure } from "./wake-failure.ts";

/** What is answered for a host that is not there now. */
export interface LocalAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface WhileStoppedOptions {
  life: IdleLife;
  name: string;
  /** What the host answered when it was asked for its description. */
  description: string;
  /** How many calls wait here. */
  waiting: () => number;
  /** The end of the last host's log. */
  log: () => string;
}

/** Answers what can be answered without a host, so that looking at a sandbox does not start it. */
export class WhileStopped {
  readonly #options: WhileStoppedOptions;
  readonly #began = performance.now();

  constructor(options: WhileStoppedOptions) {
    this.#options = options;
  }

  answer(method: string, path: readonly string[]): LocalAnswer {
    const { life, description } = this.#options;
    const [what = "", id] = path;
    if (method === "GET" && id === undefined) {
      if (what === "health") return json(this.#health());
      if (what === "calls") return json({ calls: [] });
      if (what === "refs") return json({ refs: [] });
      if (what === "logs") return text(this.#options.log());
      if (what === "interface") {
        return life.state === "loading" ? refused(this.loading()) : json(description);
      }
    }
    if (what === "calls" && id !== undefined) return refused(this.unknownCall(id));
    if (what === "refs" && id !== undefined) return refused(unknownRef(id));
    return refused(refusal("bad-request", `there is nothing at ${method} /${path.join("/")}`));
  }

  loading(): Refusal {
    const { lines } = this.#options.life;
    const last = lines.at(-1);
    return refusal("loading", `the sandbox is starting again${last === undefined ? "" : `: ${last.trim()}`}`);
  }

  /** Results and references do not outlive the host that had them. */
  unknownCall(id: string): Refusal {
    const message = `there is no call ${JSON.stringify(id.slice(0, 64))}: the sandbox was stopped because nobody called it, and what it kept of earlier calls is gone`;
    // Every call since then has come through here, and none has been lost.
    const details = { completeForMs: Math.floor(this.#options.life.stoppedForMs), stopped: true };
    return refusal("unknown-call", message, { details });
  }

  #health(): Record<string, unknown> {
    const { life, name, waiting } = this.#options;
    const { failure } = life;
    return {
      protocol: 1,
      name,
      state: life.state,
      running: 0,
      waiting: waiting(),
      queueLimit: 1024,
      restarts: 0,
      pid: process.pid,
      workerPid: null,
      uptimeMs: Math.floor(performance.now() - this.#began),
      lines: life.lines,
      ...(failure === undefined ? {} : { error: wakeFailure(failure).error }),
    };
  }
}

function unknownRef(id: string): Refusal {
  return refusal(
    "unknown-ref",
    `there is no reference ${JSON.stringify(id.slice(0, 64))}: the sandbox was stopped`,
  );
}

function json(value: unknown): LocalAnswer {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return { status: 200, contentType: "application/json", body };
}

function text(body: string): LocalAnswer {
  return { status: 200, contentType: "text/plain; charset=utf-8", body };
}

export function refused({ status, error }: Refusal): LocalAnswer {
  return { status, contentType: "application/json", body: JSON.stringify({ error }) };
}
