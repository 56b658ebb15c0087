import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  CallToolResultSchema,
  ListToolsResultSchema,
  type Progress,
  type Tool,
} from "@modelcontextprotocol/sdk/types.js";
import type { McpServerConfig } from "@seer/config";
import packageJson from "../../package.json" with { type: "json" };
import { HarnessError } from "../errors.ts";
import { explainFailure } from "./explain-failure.ts";
import { ProcessTransport } from "./process-transport.ts";
import { errorResult, readToolResult, type ToolResult } from "./tool-result.ts";

/** The progress of a tool, in its own units. */
export interface ToolProgress {
  done: number;
  total?: number;
  message?: string;
}

export interface CallOptions {
  /** Cancels the call at its server. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ToolProgress) => void) | undefined;
  /**
   * How long to wait for progress or a result.
   *
   * @default 300_000
   */
  timeoutMs?: number | undefined;
}

const pingMs = 5000;
const closeTimeoutMs = 2000;

/** The connection to one MCP server, and the process of a stdio server. */
export class ServerConnection {
  readonly name: string;
  readonly config: McpServerConfig;
  tools: readonly Tool[] = [];

  readonly #client = new Client({ name: packageJson.name, version: packageJson.version });
  readonly #transport: ProcessTransport | StreamableHTTPClientTransport;
  /** Aborted when the server no longer answers. */
  readonly #lost = new AbortController();
  readonly #notifying = new Set<Promise<void>>();
  #calls = 0;
  #checking = false;

  constructor(name: string, config: McpServerConfig) {
    this.name = name;
    this.config = config;
    this.#transport =
      config.type === "stdio"
        ? new ProcessTransport(config)
        : new StreamableHTTPClientTransport(new URL(config.url), {
            requestInit: { headers: config.headers },
          });
    this.#client.onerror = () => void this.#check();
  }

  /** Connects and lists the tools; closes the connection if that fails. */
  async open(options: { signal?: AbortSignal | undefined; timeoutMs: number }): Promise<void> {
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
    const request = { signal, timeout: options.timeoutMs };
    try {
      signal.throwIfAborted();
      await this.#client.connect(this.#rememberNotifications(this.#transport as Transport), request);
      this.tools = await this.#listTools(request);
    } catch (cause) {
      const message = this.#explain(cause, options.timeoutMs);
      // Kill the server immediately, because it does not respond.
      if (this.#transport instanceof ProcessTransport) this.#transport.kill("SIGTERM");
      await this.close();
      options.signal?.throwIfAborted();
      throw new HarnessError("harness/server-failed", message, { cause });
    }
  }

  async #listTools(request: { signal: AbortSignal; timeout: number }): Promise<Tool[]> {
    if (this.#client.getServerCapabilities()?.tools === undefined) return [];
    const tools: Tool[] = [];
    let cursor: string | undefined;
    do {
      // `client.listTools` keeps only the last page, and fails for an output schema that it cannot compile.
      const params = cursor === undefined ? {} : { cursor };
      const page = await this.#client.request(
        { method: "tools/list", params },
        ListToolsResultSchema,
        request,
      );
      tools.push(...page.tools);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return tools;
  }

  /** Calls a tool; a failure is a result with `isError`. Rejects only if `signal` is aborted. */
  async call(tool: string, args: Record<string, unknown>, options: CallOptions = {}): Promise<ToolResult> {
    const { signal, onProgress, timeoutMs = 300_000 } = options;
    signal?.throwIfAborted();
    this.#calls++;
    try {
      const result = await this.#client.request(
        { method: "tools/call", params: { name: tool, arguments: args } },
        CallToolResultSchema,
        {
          // A new signal for each call, because the SDK never removes its listeners.
          signal: AbortSignal.any([this.#lost.signal, ...(signal === undefined ? [] : [signal])]),
          timeout: timeoutMs,
          resetTimeoutOnProgress: true,
          onprogress: (progress) => onProgress?.(readProgress(progress)),
        },
      );
      return readToolResult(result);
    } catch (cause) {
      signal?.throwIfAborted();
      const reason = this.#lost.signal.aborted ? this.#lost.signal.reason : cause;
      return errorResult(this.#explain(reason, timeoutMs));
    } finally {
      this.#calls--;
    }
  }

  /** Closes the connection, and ends the server if it is a child process. */
  async close(): Promise<void> {
    const closeDeadline = AbortSignal.timeout(closeTimeoutMs);
    // Over HTTP a cancellation is a separate request, which closing would abort.
    await settled(Promise.allSettled(this.#notifying), closeDeadline);
    if (this.#transport instanceof StreamableHTTPClientTransport) {
      await settled(this.#transport.terminateSession(), closeDeadline);
    }
    await this.#client.close();
    // Close the transport too, because a client whose connection failed does not close it.
    await this.#transport.close();
  }

  #explain(cause: unknown, waitedMs: number): string {
    const process = this.#transport instanceof ProcessTransport ? this.#transport : undefined;
    const server = {
      name: this.name,
      config: this.config,
      ending: process?.ending,
      stderr: process?.stderr.last(20) ?? "",
    };
    return explainFailure(server, cause, waitedMs);
  }

  #rememberNotifications(transport: Transport): Transport {
    const send = transport.send.bind(transport);
    transport.send = (message, options) => {
      const sent = send(message, options);
      if (!("id" in message)) {
        const remembered = sent.catch(() => {}).finally(() => this.#notifying.delete(remembered));
        this.#notifying.add(remembered);
      }
      return sent;
    };
    return transport;
  }

  /** Pings the server after a stream broke: if it does not answer, its calls will not be answered either. */
  async #check(): Promise<void> {
    if (this.#calls === 0 || this.#checking) return;
    this.#checking = true;
    try {
      await this.#client.ping({ timeout: pingMs });
    } catch {
      this.#lost.abort(new Error("the connection was lost"));
    } finally {
      this.#checking = false;
    }
  }
}

function readProgress({ progress, total, message }: Progress): ToolProgress {
  return {
    done: progress,
    ...(total === undefined ? {} : { total }),
    ...(message === undefined ? {} : { message }),
  };
}

async function settled(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const late = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  await Promise.race([promise.catch(() => {}), late]);
}
