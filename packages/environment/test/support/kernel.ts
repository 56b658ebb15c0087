import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebSocket } from "ws";

interface Message {
  channel: string;
  header: { msg_type: string };
  parent_header: { msg_id?: string };
  content: Record<string, unknown>;
}

/** A kernel of a Jupyter server, as any client of Jupyter has it: REST to start it, a WebSocket to talk to it. */
export class Kernel implements AsyncDisposable {
  readonly #url: URL;
  readonly #socket: WebSocket;
  readonly #messages: Message[] = [];

  private constructor(url: URL, socket: WebSocket) {
    this.#url = url;
    this.#socket = socket;
    socket.on("message", (data) => this.#messages.push(JSON.parse(String(data)) as Message));
  }

  static async start(jupyterUrl: string): Promise<Kernel> {
    const response = await fetch(apiUrl(jupyterUrl, "/api/kernels"), { method: "POST" });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    const { id } = (await response.json()) as { id: string };
    const url = apiUrl(jupyterUrl, `/api/kernels/${id}`);
    const channels = apiUrl(jupyterUrl, `${url.pathname}/channels`);
    channels.protocol = channels.protocol.replace("http", "ws");
    const socket = new WebSocket(channels);
    await once(socket, "open");
    return new Kernel(url, socket);
  }

  async do(what: "interrupt" | "restart"): Promise<void> {
    const response = await fetch(apiUrl(this.#url.href, `${this.#url.pathname}/${what}`), { method: "POST" });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  /** What the code prints, or its error. */
  async execute(code: string): Promise<string> {
    const id = randomUUID();
    const header = { msg_id: id, msg_type: "execute_request", username: "", session: id, version: "5.3" };
    const content = { code, silent: false, store_history: true, allow_stdin: false };
    const message = { channel: "shell", header, parent_header: {}, metadata: {}, content, buffers: [] };
    this.#socket.send(JSON.stringify(message));
    let printed = "";
    for (;;) {
      const { header, parent_header, content } = await this.#next();
      if (parent_header.msg_id !== id) continue;
      if (header.msg_type === "stream") printed += content.text;
      if (header.msg_type === "error") printed += `${content.ename}: ${content.evalue}`;
      if (header.msg_type === "status" && content.execution_state === "idle") return printed;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
  }

  async #next(): Promise<Message> {
    while (this.#messages.length === 0) {
      await once(this.#socket, "message", { signal: AbortSignal.timeout(30_000) });
    }
    return this.#messages.shift() as Message;
  }
}

/** A path of a server with the token that its URL has. */
export function apiUrl(jupyterUrl: string, path: string): URL {
  const url = new URL(jupyterUrl);
  url.pathname = path;
  return url;
}
