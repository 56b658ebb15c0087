import type { GatewayRequest } from "./answer-request.ts";
import { forward } from "./forward.ts";
import { refusal, startRefusal } from "./refusal.ts";
import { type LocalAnswer, refused } from "./stopped-host.ts";

const longestMs = 2 ** 31 - 1;

/** Forwards a call to the host, which is started first if it is stopped. */
export async function answerCall(asked: GatewayRequest): Promise<LocalAnswer | undefined> {
  const { request, response, gateway, rights } = asked;
  const { lifecycle, undelivered, deferredCalls } = gateway;
  const callId = one(request.headers["seer-call-id"]);
  const deadlineMs = wholeNumber(one(request.headers["seer-deadline-ms"]));
  const deadlineAt = deadlineMs === undefined ? undefined : performance.now() + deadlineMs;
  let end = lifecycle.enterNow();
  if (end === undefined) {
    const failure = callId === undefined ? undefined : deferredCalls.failureOf(callId, rights);
    if (failure !== undefined) return refused(failure);
    const entered = await enter(asked, { callId, deadlineMs });
    if (typeof entered !== "function") return entered;
    end = entered;
  }
  try {
    if (response.destroyed) return undefined;
    if (callId !== undefined) undelivered.sent(callId);
    await forward(request, response, {
      ...gateway.target(request.url ?? "/", asked.rights),
      deadlineMs: deadlineAt === undefined ? undefined : deadlineAt - performance.now(),
      onAnswered: (status) => {
        if (status !== 202 && callId !== undefined) undelivered.delivered(callId);
      },
    });
  } finally {
    end();
  }
  return undefined;
}

/** Waits for the host to run; returns an answer instead when the call has waited too long or the start failed. */
async function enter(
  { request, response, gateway, rights }: GatewayRequest,
  { callId, deadlineMs }: { callId: string | undefined; deadlineMs: number | undefined },
): Promise<(() => void) | LocalAnswer> {
  const { lifecycle, stoppedHost, deferredCalls } = gateway;
  const gone = new AbortController();
  const late = AbortSignal.timeout(Math.min(deadlineMs ?? longestMs, longestMs));
  // The client may drop a connection that is silent for longer.
  const prefersEarlyAnswer = callId !== undefined && /\bwait=\d/.test(one(request.headers.prefer) ?? "");
  const tooLong = AbortSignal.timeout(prefersEarlyAnswer ? gateway.preferredWaitMs : longestMs);
  const onClose = () => gone.abort();
  response.once("close", onClose);
  const stopCounting = gateway.countWaiting();
  try {
    return await lifecycle.enter(AbortSignal.any([gone.signal, late, tooLong]));
  } catch (error) {
    if (late.aborted)
      return refused(refusal("deadline", `the call ran past its deadline of ${deadlineMs} ms`));
    if (!tooLong.aborted || callId === undefined) return refused(startRefusal(error, rights));
    deferredCalls.add(callId);
    return refused(stoppedHost.loading(rights));
  } finally {
    stopCounting();
    response.off("close", onClose);
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
