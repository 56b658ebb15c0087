import type { ServiceRecord } from "../backends/backend.ts";

const answerMs = 10_000;

/**
 * Whether somebody works with a service of a sandbox: a kernel runs a cell or has done so lately, an editor is open.
 * One that does not answer is not worked with.
 */
export async function isServiceUsed(
  { service, url, secret }: ServiceRecord,
  withinMs: number,
): Promise<boolean> {
  const base = url.replace(/\/$/, "");
  try {
    if (service === "code-server") {
      const { status } = await ask<{ status: string }>(`${base}/healthz`);
      return status === "alive";
    }
    const kernels = await ask<Kernel[]>(`${base}/api/kernels`, { authorization: `token ${secret}` });
    return kernels.some(({ execution_state: state, last_activity: lastActivity }) => {
      return state === "busy" || Date.now() - Date.parse(lastActivity) < withinMs;
    });
  } catch {
    return false;
  }
}

interface Kernel {
  readonly execution_state: string;
  readonly last_activity: string;
}

async function ask<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(answerMs) });
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
  return (await response.json()) as T;
}
