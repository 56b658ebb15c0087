import { randomUUID } from "node:crypto";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

/** Clients seldom end their sessions; beyond this many, those that were not used for longest are ended. */
const mostSessions = 64;

/** The sessions of an HTTP server, each with an MCP server of its own. */
export class HttpSessions {
  readonly #create: () => Server;
  // The one used last is the last.
  readonly #sessions = new Map<string, StreamableHTTPServerTransport>();

  constructor(create: () => Server) {
    this.#create = create;
  }

  /** The session of this id, or a new one for a request without an id. */
  async find(id: string | string[] | undefined): Promise<StreamableHTTPServerTransport | undefined> {
    if (id === undefined) return await this.#begin();
    const session = this.#sessions.get(String(id));
    if (session !== undefined) this.#use(String(id), session);
    return session;
  }

  /** Ends them all. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#sessions.values()].map((session) => session.close()));
  }

  async #begin(): Promise<StreamableHTTPServerTransport> {
    const session: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => this.#use(id, session),
    });
    session.onclose = () => this.#sessions.delete(session.sessionId ?? "");
    // The SDK declares optional properties in a way that exactOptionalPropertyTypes finds different.
    await this.#create().connect(session as Transport);
    return session;
  }

  #use(id: string, session: StreamableHTTPServerTransport): void {
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    const [oldest] = this.#sessions.values();
    if (this.#sessions.size > mostSessions) void oldest?.close();
  }
}
