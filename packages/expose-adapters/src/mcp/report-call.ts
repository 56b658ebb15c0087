import type { ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import type { CallProgress } from "@seer/rpc";

/** Clients cancel requests that are silent for long. */
const heartbeatMs = 10_000;
/** Output is sent at most this often. */
const printedMs = 200;
/** The limit for the output since the last message. */
const maxLogCharacters = 4000;

/** The MCP request to which a call's progress and output are reported. */
export interface CallReportTarget {
  _meta?: { progressToken?: string | number | undefined } | undefined;
  sendNotification(notification: ServerNotification): Promise<void>;
  /** Sends output to the client's log. */
  log(text: string): Promise<void>;
}

/** Reports a function's output and progress to the client, and regularly that it still runs. */
export class CallReport implements AsyncDisposable {
  readonly #target: CallReportTarget;
  readonly #began = performance.now();
  readonly #heartbeat: NodeJS.Timeout | undefined;
  #printTimer: NodeJS.Timeout | undefined;
  #printed = "";
  #message = "";
  #reportsMessages = false;
  #progress = 0;
  #total: number | undefined;
  #sent: Promise<unknown> = Promise.resolve();

  constructor(target: CallReportTarget) {
    this.#target = target;
    if (target._meta?.progressToken === undefined) return;
    this.#heartbeat = setInterval(() => this.#sendProgress(this.#progress), heartbeatMs);
  }

  reported({ done, total, message }: CallProgress): void {
    this.#total = total;
    this.#reportsMessages ||= message !== undefined;
    this.#message = message ?? this.#message;
    this.#sendProgress(done);
  }

  printed(text: string): void {
    this.#printed += text;
    if (this.#printTimer !== undefined) return;
    this.#sendPrinted();
    this.#printTimer = setInterval(() => {
      if (this.#printed !== "") return this.#sendPrinted();
      clearInterval(this.#printTimer);
      this.#printTimer = undefined;
    }, printedMs);
  }

  /** Reports what the call is doing or waiting for. */
  status(message: string): void {
    if (message === this.#message) return;
    this.#message = message;
    this.#sendProgress(this.#progress);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    clearInterval(this.#printTimer);
    this.#sendPrinted();
    await this.#sent;
  }

  #sendPrinted(): void {
    const text = this.#printed.trimEnd();
    this.#printed = "";
    if (text === "") return;
    const over = text.length - maxLogCharacters;
    const log = over <= 0 ? text : `[${over} characters left out]\n${text.slice(over)}`;
    this.#send(() => this.#target.log(log));
    // For a function that reports no progress, show the last line of its output.
    if (!this.#reportsMessages) this.status((log.split(/[\r\n]+/).at(-1) ?? "").slice(0, 200));
  }

  #sendProgress(value: number): void {
    const progressToken = this.#target._meta?.progressToken;
    if (progressToken === undefined) return;
    // MCP requires that each value is higher than the last one, whatever the function reports.
    this.#progress = Math.max(value, this.#progress + Number.EPSILON * Math.max(1, this.#progress) * 2);
    const seconds = Math.round((performance.now() - this.#began) / 1000);
    const params = {
      progressToken,
      progress: this.#progress,
      ...(this.#total === undefined ? {} : { total: this.#total }),
      message: this.#message || `running for ${seconds} s`,
    };
    this.#send(() => this.#target.sendNotification({ method: "notifications/progress", params }));
    this.#heartbeat?.refresh();
  }

  #send(send: () => Promise<void>): void {
    // Ignore failures: if the client is gone, the transport reports that.
    this.#sent = this.#sent.then(send).catch(() => {});
  }
}
