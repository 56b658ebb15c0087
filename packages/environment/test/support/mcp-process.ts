import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { McpConfig } from "@seer/config";

interface Answer {
  id?: number;
  result?: { structuredContent?: Record<string, unknown>; isError?: boolean; content?: { text?: string }[] };
  error?: { message: string };
}

/** An MCP server as a client starts it, spoken to over its standard input and output. */
export class McpProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async start(config: McpConfig): Promise<McpProcess> {
    const [server] = Object.values(config);
    if (server?.type !== "stdio") throw new Error("expected a stdio server");
    const child = spawn(server.command, server.args ?? [], {
      env: { ...process.env, ...server.env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const mcp = new McpProcess(child);
    const clientInfo = { name: "test", version: "1" };
    await mcp.#request("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo });
    mcp.#send({ method: "notifications/initialized" });
    return mcp;
  }

  async call(name: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const { result, error } = await this.#request("tools/call", { name, arguments: args });
    if (error !== undefined) throw new Error(error.message);
    if (result?.isError) throw new Error(result.content?.map(({ text }) => text).join("\n"));
    return result?.structuredContent?.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
  }

  async #request(method: string, params: unknown): Promise<Answer> {
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, resolve);
    this.#send({ id, method, params });
    return await promise;
  }

  #send(message: Record<string, unknown>): void {
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }
}
