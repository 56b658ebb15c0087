import { packMessage } from "../messages/message.ts";
import type { WebSocket } from "./web-socket.ts";

/**
 * Detects a dead connection, such as one whose other end has lost power.
 *
 * After an interval without any transferred byte it sends a ping, and after two more it calls `onDead`. A slow
 * transfer counts as alive.
 */
export class Liveness {
  readonly #timer: NodeJS.Timeout;
  readonly #webSocket: WebSocket;
  readonly #onDead: () => void;
  #received = 0;
  #unsent = 0;
  #quietIntervals = 0;

  constructor(webSocket: WebSocket, intervalMs: number, onDead: () => void) {
    this.#webSocket = webSocket;
    this.#onDead = onDead;
    this.#timer = setInterval(() => this.#check(), intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const { bytesRead, unsentBytes } = this.#webSocket;
    const moved = bytesRead !== this.#received || unsentBytes < this.#unsent;
    this.#received = bytesRead;
    this.#unsent = unsentBytes;
    this.#quietIntervals = moved ? 0 : this.#quietIntervals + 1;
    if (this.#quietIntervals === 1) this.#webSocket.send(packMessage({ op: "ping", id: "liveness" }));
    if (this.#quietIntervals === 3) this.#onDead();
  }
}
