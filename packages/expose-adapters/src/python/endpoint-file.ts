import type { ServedInterface } from "@seer/rpc";

/** The file with the URL and token for the Python client, which environment variables override. */
export function endpointFile({ url, token }: ServedInterface): string {
  return `${JSON.stringify({ url, token }, undefined, 2)}\n`;
}
