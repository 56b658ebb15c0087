import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** The part of the MCP SDK's `StreamableHTTPServerTransport` that is used here, without a dependency on it. */
export interface McpTransport {
  /** Undefined until a client has initialised the session. */
  readonly sessionId?: string | undefined;
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export interface McpSessionsOptions {
  /** Creates the transport of a session with this ID, connected to its own MCP server. */
  newTransport(id: string): Promise<McpTransport>;
  /** The maximum number of open sessions, because clients seldom close theirs. @default 64 */
  maxSessions?: number | undefined;
  /** How long a session without an open request is kept. @default 3_600_000 */
  sessionIdleMs?: number | undefined;
}

interface Session {
  readonly transport: Promise<McpTransport>;
  readonly idleTimer: NodeJS.Timeout;
  openRequests: number;
  /** Excludes the stream of notifications, which a client keeps open all the time. */
  openCalls: number;
}

/** The sessions of an MCP server over streamable HTTP. */
export class McpSessions {
  readonly #options: McpSessionsOptions;
  /** Least recently used first. */
  readonly #sessions = new Map<string, Session>();

  constructor(options: McpSessionsOptions) {
    this.#options = options;
  }

  /** Answers a request of a session, or one that starts a session. Returns a status and a reason if it cannot. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<[status: number, message: string] | undefined> {
    const id = request.headers["mcp-session-id"];
    if (id === undefined) return await this.#begin(request, response);
    const session = this.#sessions.get(String(id));
    if (session === undefined) return [404, "there is no such session; initialise a new one"];
    this.#sessions.delete(String(id));
    this.#sessions.set(String(id), session);
    await this.#handle(session, request, response);
    if (request.method === "DELETE" && response.statusCode === 200) await this.#end(String(id));
    return undefined;
  }

  /** Ends all sessions and the calls that their clients wait for. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#sessions.keys()].map((id) => this.#end(id)));
  }

  async #begin(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<[status: number, message: string] | undefined> {
    const { newTransport, maxSessions = 64, sessionIdleMs = 3_600_000 } = this.#options;
    if (request.method !== "POST") return [400, "the Mcp-Session-Id header is missing"];
    if (this.#sessions.size >= maxSessions) {
      const unused = [...this.#sessions].find(([, { openCalls }]) => openCalls === 0);
      if (unused === undefined) return [503, `all ${maxSessions} sessions have calls in flight`];
      void this.#end(unused[0]);
    }
    const id = randomUUID();
    const session: Session = {
      transport: newTransport(id),
      idleTimer: setTimeout(() => {
        if (session.openRequests === 0) void this.#end(id);
        else session.idleTimer.refresh();
      }, sessionIdleMs).unref(),
      openRequests: 0,
      openCalls: 0,
    };
    // Registered early, because the client's next request may arrive before this one is completely answered.
    this.#sessions.set(id, session);
    try {
      await this.#handle(session, request, response);
    } finally {
      const transport = await session.transport.catch(() => undefined);
      if (transport?.sessionId === undefined) await this.#end(id);
    }
    return undefined;
  }

  async #handle(session: Session, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isCall = request.method === "POST";
    session.openRequests++;
    if (isCall) session.openCalls++;
    response.once("close", () => {
      session.openRequests--;
      if (isCall) session.openCalls--;
      session.idleTimer.refresh();
    });
    await (await session.transport).handleRequest(request, response);
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    clearTimeout(session.idleTimer);
    // A transport that could not be created has nothing to close, and its error was reported to its request.
    const transport = await session.transport.catch(() => undefined);
    await transport?.close();
  }
}
