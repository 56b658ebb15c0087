/** An error in the hub's format: clients distinguish errors by the code, not by the status. */
export class HubError extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, code: string | undefined, message: string) {
    super(message);
    this.name = "HubError";
    this.status = status;
    this.code = code;
  }

  /** The headers that say it. */
  get headers(): Record<string, string> {
    return { "X-Error-Message": this.message, ...(this.code !== undefined && { "X-Error-Code": this.code }) };
  }
}

export function entryNotFound(): HubError {
  return new HubError(404, "EntryNotFound", "Entry not found");
}

export function revisionNotFound(revision: string): HubError {
  return new HubError(404, "RevisionNotFound", `Invalid rev id: ${revision}`);
}
