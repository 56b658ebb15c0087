import type { IncomingMessage, ServerResponse } from "node:http";
import type { Rights } from "./access.ts";
import { answerCall } from "./answer-call.ts";
import { destination } from "./destination.ts";
import { forward } from "./forward.ts";
import type { Gateway } from "./gateway.ts";
import { refusal } from "./refusal.ts";
import { wakeFailure } from "./wake-failure.ts";
import { type LocalAnswer, refused } from "./while-stopped.ts";

export interface GatewayRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly rights: Rights;
  readonly gateway: Gateway;
}

const longestWaitMs = 60_000;

/**
 * Hands a request on to the host, or gives the answer where there is no host and none is needed: only calls start a
 * sandbox, and only what is about calls and what they left keeps it from being stopped.
 */
export async function answerRequest(asked: GatewayRequest): Promise<LocalAnswer | undefined> {
  const { request, response, rights, gateway } = asked;
  const { life, whileStopped, undelivered } = gateway;
  const { path, query } = targetOf(request);
  const [what = "", id] = path;
  const { method = "GET" } = request;
  // A host that is there checks that itself.
  if ((life.state !== "awake" || what === "wake") && rights !== "admin" && isForAdmins(path)) {
    return refused(refusal("forbidden", "this needs the admin token"));
  }
  if (method === "POST" && what === "wake") return await wake(asked);
  if (method === "POST" && (what === "call" || what === "restart")) return await answerCall(asked);
  if (method === "GET" && what === "interface" && life.state === "loading") {
    const wait = Math.min(Number(query.get("wait")) * 1000 || 0, longestWaitMs);
    await life.settled(AbortSignal.timeout(wait)).catch(() => {});
  }
  if (gateway.host === undefined || life.state !== "awake") return whileStopped.answer(method, path);
  const end = id === undefined ? undefined : life.enterNow();
  try {
    const onAnswered = (_: number, contentType: string, beginning: string) => {
      const isRecord = method === "GET" && what === "calls" && id !== undefined;
      if (isRecord && hasEnded(contentType, beginning)) undelivered.delivered(id);
    };
    await forward(request, response, { ...destination(asked), onAnswered });
  } finally {
    end?.();
  }
  return undefined;
}

/** Starts the host when there is none. */
async function wake({ response, gateway }: GatewayRequest): Promise<LocalAnswer> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    (await gateway.life.enter(gone.signal))();
    return { status: 200, contentType: "application/json", body: "{}" };
  } catch (error) {
    return refused(wakeFailure(error));
  }
}

function targetOf({ url = "/" }: IncomingMessage): { path: string[]; query: URLSearchParams } {
  const [path = "", query = ""] = url.split("?", 2);
  return { path: path.split("/").slice(1).map(decode), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isForAdmins(path: readonly string[]): boolean {
  return path.length === 1 && ["logs", "calls", "restart", "shutdown", "wake"].includes(path[0] ?? "");
}

/** Whether a record is that of a call that has ended. */
function hasEnded(contentType: string, beginning: string): boolean {
  return !contentType.startsWith("application/json") || !/"state":"(waiting|running)"/.test(beginning);
}
