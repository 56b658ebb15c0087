import type { Rights } from "./host-address.ts";
import type { HostLifecycle } from "./host-lifecycle.ts";
import { type Refusal, refusal, startRefusal } from "./refusal.ts";

/** An answer that the gateway gives itself. */
export interface LocalAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface StoppedHostOptions {
  lifecycle: HostLifecycle;
  name: string;
  /** The body of the host's answer to `GET /interface`. */
  description: () => string;
  /** Number of calls that wait in the gateway. */
  waiting: () => number;
  /** Last lines of the log of the host that was stopped. */
  log: () => string;
}

/** Answers requests that need no running host, so that inspecting a stopped sandbox does not start it. */
export class StoppedHost {
  readonly #options: StoppedHostOptions;
  readonly #began = performance.now();

  constructor(options: StoppedHostOptions) {
    this.#options = options;
  }

  answer(method: string, path: readonly string[], rights: Rights): LocalAnswer {
    const { lifecycle, description } = this.#options;
    const [what = "", id] = path;
    if (method === "GET" && id === undefined) {
      if (what === "health") return json(this.#health(rights));
      if (what === "calls") return json({ calls: [] });
      if (what === "refs") return json({ refs: [] });
      if (what === "logs") return text(this.#options.log());
      if (what === "interface") {
        return lifecycle.state === "loading" ? refused(this.loading(rights)) : json(description());
      }
    }
    if (what === "calls" && id !== undefined) return refused(this.unknownCall(id));
    if (what === "refs" && id !== undefined) return refused(unknownRef(id));
    return refused(refusal("bad-request", `there is nothing at ${method} /${path.join("/")}`));
  }

  loading(rights: Rights): Refusal {
    const last = this.#lines(rights).at(-1);
    return refusal("loading", `the sandbox is starting again${last === undefined ? "" : `: ${last.trim()}`}`);
  }

  /** Results and references are lost when their host is stopped. */
  unknownCall(id: string): Refusal {
    const message = `there is no call ${JSON.stringify(id.slice(0, 64))}: the sandbox was stopped because it was idle, and its records of earlier calls are gone`;
    // All calls since then have come through this gateway, and none was lost.
    const details = { completeForMs: Math.floor(this.#options.lifecycle.stoppedForMs), stopped: true };
    return refusal("unknown-call", message, { details });
  }

  #lines(rights: Rights): string[] {
    const { lines } = this.#options.lifecycle;
    return lines
      .filter(({ audience }) => audience === "everyone" || rights === "admin")
      .map(({ text }) => text);
  }

  #health(rights: Rights): Record<string, unknown> {
    const { lifecycle, name, waiting } = this.#options;
    const { failure } = lifecycle;
    return {
      protocol: 1,
      name,
      state: lifecycle.state,
      running: 0,
      waiting: waiting(),
      queueLimit: 1024,
      restarts: 0,
      pid: process.pid,
      workerPid: null,
      uptimeMs: Math.floor(performance.now() - this.#began),
      lines: this.#lines(rights),
      ...(failure === undefined ? {} : { error: startRefusal(failure, rights).error }),
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
