import { watchInterface } from "@seer/environment";

interface ReloadRequest {
  /** Serves the file again, and reports it if it has changed. */
  load(signal: AbortSignal): Promise<void>;
  onFailed(error: unknown): void;
  /** Stops watching. */
  signal: AbortSignal;
}

/** Reloads an interface file after each edit. An edit during a reload cancels that reload and starts another. */
export async function reloadOnEdit(file: string, { load, onFailed, signal }: ReloadRequest): Promise<void> {
  let superseded = new AbortController();
  let loading = Promise.resolve();
  for await (const _ of watchInterface(file, { signal })) {
    superseded.abort();
    await loading;
    superseded = new AbortController();
    const current = AbortSignal.any([superseded.signal, signal]);
    loading = load(current).catch((error: unknown) => {
      if (!current.aborted) onFailed(error);
    });
  }
  await loading;
}
