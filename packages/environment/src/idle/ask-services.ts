import type { ServiceRecord } from "../runtime/sandbox-state.ts";

const requestTimeoutMs = 10_000;

/**
 * Whether a service of a sandbox is in use: a kernel is running a cell or did so recently, or an editor is open. A
 * service that does not answer is not in use.
 */
export async function isServiceUsed(
  { service, url, secret }: ServiceRecord,
  withinMs: number,
): Promise<boolean> {
  const base = url.replace(/\/$/, "");
  try {
    if (service === "code-server") {
      const { status } = await query<{ status: string }>(`${base}/healthz`);
      return status === "alive";
    }
    const kernels = await query<Kernel[]>(`${base}/api/kernels`, { authorization: `token ${secret}` });
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

async function query<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(requestTimeoutMs) });
  if (!response.ok) throw new Error(`${url} answered with status ${response.status}`);
  return (await response.json()) as T;
}
