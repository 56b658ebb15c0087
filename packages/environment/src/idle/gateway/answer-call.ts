import type { GatewayRequest } from "./answer-request.ts";
import { destination } from "./destination.ts";
import { forward } from "./forward.ts";
import { refusal } from "./refusal.ts";
import { wakeFailure } from "./wake-failure.ts";
import { type LocalAnswer, refused } from "./while-stopped.ts";

const longestMs = 2 ** 31 - 1;

/** Hands a call on to the host, which is started for it when there is none. */
export async function answerCall(asked: GatewayRequest): Promise<LocalAnswer | undefined> {
  const { request, response, gateway } = asked;
  const { life, undelivered, refusedCalls } = gateway;
  const callId = one(request.headers["seer-call-id"]);
  const deadlineMs = wholeNumber(one(request.headers["seer-deadline-ms"]));
  const deadlineAt = deadlineMs === undefined ? undefined : performance.now() + deadlineMs;
  let end = life.enterNow();
  if (end === undefined) {
    const failure = callId === undefined ? undefined : refusedCalls.failureOf(callId);
    if (failure !== undefined) return refused(failure);
    const entered = await enter(asked, { callId, deadlineMs });
    if (typeof entered !== "function") return entered;
    end = entered;
  }
  try {
    if (response.destroyed) return undefined;
    if (callId !== undefined) undelivered.sent(callId);
    await forward(request, response, {
      ...destination(asked),
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

/** Waits for the host, or gives the answer for a call that waits no longer. */
async function enter(
  { request, response, gateway }: GatewayRequest,
  { callId, deadlineMs }: { callId: string | undefined; deadlineMs: number | undefined },
): Promise<(() => void) | LocalAnswer> {
  const { life, whileStopped, refusedCalls } = gateway;
  const gone = new AbortController();
  const late = AbortSignal.timeout(Math.min(deadlineMs ?? longestMs, longestMs));
  // It has reasons, such as giving up a connection that is silent.
  const isImpatient = callId !== undefined && /\bwait=\d/.test(one(request.headers.prefer) ?? "");
  const impatient = AbortSignal.timeout(isImpatient ? gateway.patienceMs : longestMs);
  const onClose = () => gone.abort();
  response.once("close", onClose);
  const leave = gateway.wait();
  try {
    return await life.enter(AbortSignal.any([gone.signal, late, impatient]));
  } catch (error) {
    if (late.aborted)
      return refused(refusal("deadline", `the call ran past its deadline of ${deadlineMs} ms`));
    if (!impatient.aborted || callId === undefined) return refused(wakeFailure(error));
    refusedCalls.add(callId);
    return refused(whileStopped.loading());
  } finally {
    leave();
    response.off("close", onClose);
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
