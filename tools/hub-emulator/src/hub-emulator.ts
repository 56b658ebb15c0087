import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HubFaults } from "./faults.ts";
import { HubError } from "./http/hub-error.ts";
import { HubRepo, type RepoAccess } from "./repos/hub-repo.ts";
import type { RepoFiles } from "./repos/read-files.ts";
import type { RecordedRequest, Request } from "./request.ts";
import { Router } from "./routes/router.ts";

/** How a hub is set up; everything has a default. */
export interface HubEmulatorOptions {
  /** @default a free one */
  port?: number;
  /** Tokens that exist; any other is refused. Those that a repo grants access to exist too. */
  tokens?: readonly string[];
  /** How many entries a page of a tree holds. @default 1000 */
  pageSize?: number;
}

/** A model hub on loopback, for the real `huggingface_hub`; see {@link startHubEmulator}. */
export class HubEmulator implements AsyncDisposable {
  readonly faults = new HubFaults();
  readonly port: number;
  readonly #server: Server;
  readonly #repos = new Map<string, HubRepo>();
  readonly #tokens: Set<string>;
  readonly #requests: RecordedRequest[] = [];
  readonly #router: Router;
  #closed: Promise<void> | undefined;

  private constructor(server: Server, options: HubEmulatorOptions) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#tokens = new Set(options.tokens);
    this.#router = new Router({
      repos: this.#repos,
      tokens: this.#tokens,
      faults: this.faults,
      pageSize: options.pageSize ?? 1000,
      // The same server under another name is another origin, as the hub's storage is.
      urls: () => ({ hub: this.url, storage: `http://localhost:${this.port}` }),
    });
    server.on("request", (message, response) => void this.#accept(message, response));
  }

  /** @internal */
  static async listen(options: HubEmulatorOptions): Promise<HubEmulator> {
    const server = createServer();
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    return new HubEmulator(server, options);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The variables that point a client here. */
  get env(): Record<string, string> {
    return { HF_ENDPOINT: this.url, HF_HUB_DISABLE_TELEMETRY: "1" };
  }

  /** Adds a model repo whose branch `main` holds these files, or those of a directory. */
  async addRepo(id: string, source: string | RepoFiles, access: RepoAccess = {}): Promise<HubRepo> {
    const repo = new HubRepo(id, access);
    for (const token of access.allowed ?? []) this.#tokens.add(token);
    await repo.commit(source);
    this.#repos.set(id, repo);
    return repo;
  }

  /** Every request so far, the oldest first. */
  requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** Ends the server and every connection; safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #accept(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    const record = this.#record(request);
    try {
      const status = this.faults.takeStatus(request.path);
      if (status !== undefined) throw new HubError(status, undefined, "Injected fault");
      record.bytes = await this.#router.answer(request, response);
    } catch (error) {
      const refusal = error instanceof HubError ? error : new HubError(500, undefined, String(error));
      const headers = { ...refusal.headers, "Content-Type": "application/json" };
      response.writeHead(refusal.status, headers).end(JSON.stringify({ error: refusal.message }));
    }
    record.status = response.statusCode;
  }

  #record(request: Request): RecordedRequest {
    const { range } = request.headers;
    const record: RecordedRequest = {
      method: request.method,
      path: request.path,
      hasToken: request.token !== undefined,
      status: 0,
      bytes: 0,
      ...(range !== undefined && { range }),
    };
    this.#requests.push(record);
    return record;
  }
}

async function readRequest(message: IncomingMessage): Promise<Request> {
  const url = new URL(message.url ?? "/", "http://hub");
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    token: /^Bearer (.+)$/.exec(message.headers.authorization ?? "")?.[1],
    body: Buffer.concat(chunks),
  };
}
