import type { ServedInterface } from "@seer/rpc";

/** Where the Python client finds what it calls; the environment may say otherwise. */
export function endpointFile({ url, token }: ServedInterface): string {
  return `${JSON.stringify({ url, token }, undefined, 2)}\n`;
}
