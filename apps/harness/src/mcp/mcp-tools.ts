import { type McpConfig, nearest } from "@seer/config";
import { HarnessError } from "../errors.ts";
import { mergeMcpConfigs } from "./merge-configs.ts";
import { type CallOptions, ServerConnection } from "./server-connection.ts";
import { agentToolName } from "./tool-name.ts";
import { errorResult, type ToolResult } from "./tool-result.ts";

/** The definition of a tool, as an agent receives it. */
export interface ToolDefinition {
  /** `mcp__SERVER__TOOL` */
  name: string;
  server: string;
  /** The tool's name at its server. */
  tool: string;
  description: string;
  /** The JSON Schema of the arguments. */
  inputSchema: Record<string, unknown>;
  outputSchema?: Record<string, unknown>;
}

export interface ConnectOptions {
  signal?: AbortSignal | undefined;
  /**
   * How long each server may take to start and to list its tools.
   *
   * @default 60_000
   */
  timeoutMs?: number | undefined;
}

/** An MCP client for the tools of one or several servers. */
export class McpTools implements AsyncDisposable {
  readonly servers: readonly string[];
  readonly tools: readonly ToolDefinition[];
  readonly #connections: ReadonlyMap<string, ServerConnection>;
  readonly #byName: ReadonlyMap<string, ToolDefinition>;
  #closing: Promise<void> | undefined;

  private constructor(connections: ServerConnection[]) {
    this.#connections = new Map(connections.map((connection) => [connection.name, connection]));
    this.servers = connections.map((connection) => connection.name);
    this.tools = connections.flatMap(describeTools);
    this.#byName = indexByName(this.tools);
  }

  /**
   * Connects to all servers at once; if one fails, disconnects from all.
   *
   * @throws HarnessError `harness/server-failed`, `harness/duplicate-server` or `harness/duplicate-tool`
   */
  static async connect(
    config: McpConfig | readonly McpConfig[],
    options: ConnectOptions = {},
  ): Promise<McpTools> {
    const { signal, timeoutMs = 60_000 } = options;
    const connections = Object.entries(mergeMcpConfigs(config)).map(
      ([name, server]) => new ServerConnection(name, server),
    );
    // Report the first failure without waiting for the other servers.
    const failed = new AbortController();
    const opening = connections.map(async (connection) => {
      try {
        await connection.open({
          signal: AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]),
          timeoutMs,
        });
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    });
    await Promise.allSettled(opening);
    try {
      signal?.throwIfAborted();
      failed.signal.throwIfAborted();
      return new McpTools(connections);
    } catch (error) {
      await Promise.all(connections.map((connection) => connection.close()));
      throw error;
    }
  }

  /**
   * Calls a tool by its name in `tools`. A failure of the tool or its server is a result with `isError`.
   *
   * @throws the signal's reason if it is aborted, after cancelling the call at the server.
   */
  async call(name: string, args: Record<string, unknown>, options?: CallOptions): Promise<ToolResult> {
    if (this.#closing !== undefined)
      throw new HarnessError("harness/closed", "The MCP servers are disconnected");
    const definition = this.#byName.get(name);
    if (definition === undefined) return errorResult(this.#unknown(name));
    const connection = this.#connections.get(definition.server) as ServerConnection;
    return connection.call(definition.tool, args, options);
  }

  /** Disconnects from all servers and ends their processes; idempotent. */
  close(): Promise<void> {
    this.#closing ??= Promise.all(
      [...this.#connections.values()].map((connection) => connection.close()),
    ).then(() => {});
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #unknown(name: string): string {
    const closest = nearest(name, this.#byName.keys());
    if (closest !== undefined) return `There is no tool ${name}; did you mean ${closest}?`;
    return `There is no tool ${name}; the tools are: ${[...this.#byName.keys()].join(", ") || "none"}`;
  }
}

function describeTools(connection: ServerConnection): ToolDefinition[] {
  return connection.tools.map((tool) => ({
    name: agentToolName(connection.name, tool.name),
    server: connection.name,
    tool: tool.name,
    description: tool.description ?? "",
    inputSchema: tool.inputSchema,
    ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
  }));
}

function indexByName(tools: readonly ToolDefinition[]): Map<string, ToolDefinition> {
  const index = new Map<string, ToolDefinition>();
  for (const tool of tools) {
    const other = index.get(tool.name);
    if (other !== undefined) {
      throw new HarnessError(
        "harness/duplicate-tool",
        `\`${tool.tool}\` of ${tool.server} and \`${other.tool}\` of ${other.server} would both be called ${tool.name}`,
        { hint: "Rename one of the two servers." },
      );
    }
    index.set(tool.name, tool);
  }
  return index;
}
