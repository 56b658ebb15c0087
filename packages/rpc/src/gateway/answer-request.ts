import type { IncomingMessage, ServerResponse } from "node:http";
import { answerCall } from "./answer-call.ts";
import { forward } from "./forward.ts";
import type { Gateway } from "./gateway.ts";
import type { Rights } from "./host-address.ts";
import { refusal, startRefusal } from "./refusal.ts";
import { type LocalAnswer, refused } from "./stopped-host.ts";

export interface GatewayRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly rights: Rights;
  readonly gateway: Gateway;
}

const longestWaitMs = 60_000;
const startsHost = new Set(["call", "restart", "reload"]);
const adminResources = new Set(["logs", "calls", "reload", "restart", "shutdown", "wake"]);

/**
 * Forwards a request to the host, or returns the answer when the host is stopped and the request needs none. Only calls
 * start the host, and only requests about a call or reference count as activity.
 */
export async function answerRequest(asked: GatewayRequest): Promise<LocalAnswer | undefined> {
  const { request, response, rights, gateway } = asked;
  const { lifecycle, stoppedHost, undelivered } = gateway;
  const { path, query } = targetOf(request);
  const [what = "", id] = path;
  const { method = "GET" } = request;
  // A running host checks this itself.
  if ((lifecycle.state !== "awake" || what === "wake") && rights !== "admin" && needsAdmin(path)) {
    return refused(refusal("forbidden", "this needs the admin token"));
  }
  if (method === "POST" && what === "wake") return await wake(asked);
  if (method === "POST" && startsHost.has(what)) return await answerCall(asked);
  if (method === "GET" && what === "interface" && lifecycle.state === "loading") {
    const wait = Math.min(Number(query.get("wait")) * 1000 || 0, longestWaitMs);
    await lifecycle.settled(AbortSignal.timeout(wait)).catch(() => {});
  }
  if (gateway.host === undefined || lifecycle.state !== "awake")
    return stoppedHost.answer(method, path, rights);
  const end = id === undefined ? undefined : lifecycle.enterNow();
  try {
    const onAnswered = (_: number, contentType: string, beginning: string) => {
      const isRecord = method === "GET" && what === "calls" && id !== undefined;
      if (isRecord && hasEnded(contentType, beginning)) undelivered.delivered(id);
    };
    await forward(request, response, { ...gateway.target(request.url ?? "/", rights), onAnswered });
  } finally {
    end?.();
  }
  return undefined;
}

/** Starts the host if it is stopped. */
async function wake({ response, gateway, rights }: GatewayRequest): Promise<LocalAnswer> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    (await gateway.lifecycle.enter(gone.signal))();
    return { status: 200, contentType: "application/json", body: "{}" };
  } catch (error) {
    return refused(startRefusal(error, rights));
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

function needsAdmin(path: readonly string[]): boolean {
  return path.length === 1 && adminResources.has(path[0] ?? "");
}

/** Whether the beginning of an answer to `GET /calls/ID` shows that the call has ended. */
function hasEnded(contentType: string, beginning: string): boolean {
  return !contentType.startsWith("application/json") || !/"state":"(waiting|running)"/.test(beginning);
}
