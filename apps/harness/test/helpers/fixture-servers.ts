import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { McpServerConfig } from "@seer/config";
import { buildServer } from "../fixtures/build-server.ts";

/** A log that a fixture server writes and a test reads. */
export class FixtureLog implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(): Promise<FixtureLog> {
    return new FixtureLog(await mkdtemp(join(tmpdir(), "harness-")));
  }

  get file(): string {
    return join(this.#directory, "log");
  }

  async read(): Promise<string> {
    return readFile(this.file, "utf8").catch(() => "");
  }

  /** Waits until the line is there. */
  async until(line: string): Promise<void> {
    for (let tries = 0; !(await this.read()).includes(line); tries++) {
      if (tries > 250) throw new Error(`The log never said "${line}", but:\n${await this.read()}`);
      await setTimeout(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}

export function stdioServer(env: Record<string, string> = {}): McpServerConfig {
  const file = fileURLToPath(new URL("../fixtures/stdio-server.ts", import.meta.url));
  return { type: "stdio", command: process.execPath, args: [file], env };
}

export interface HttpFixture extends AsyncDisposable {
  config: McpServerConfig;
  /** Sessions that clients have opened and not ended. */
  sessions: Set<string>;
  /** Cuts every connection and answers no more. */
  vanish(): void;
}

export async function httpServer(log?: string): Promise<HttpFixture> {
  const token = randomUUID();
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const sessions = new Set<string>();
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
    let transport = transports.get(String(request.headers["mcp-session-id"]));
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => {
          sessions.add(id);
          transports.set(id, transport as StreamableHTTPServerTransport);
        },
        onsessionclosed: (id) => void sessions.delete(id),
      });
      await buildServer(log).connect(transport as Transport);
    }
    return transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const vanish = () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    config: {
      type: "http",
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
      headers: { authorization: `Bearer ${token}` },
    },
    sessions,
    vanish,
    async [Symbol.asyncDispose]() {
      vanish();
      await Promise.all([...transports.values()].map((transport) => transport.close()));
    },
  };
}
