/** The JSON lines that `seer_tools/fetch_model.py` prints; the last one is `done` or `error`. */
export type FetchLine =
  | {
      readonly type: "progress";
      readonly bytes: number;
      readonly total: number;
      /** Bytes that this run has downloaded, and its duration. */
      readonly fetched: number;
      readonly seconds: number;
    }
  | {
      readonly type: "retry";
      readonly what: string;
      readonly attempt: number;
      readonly of: number;
      readonly message: string;
    }
  | FetchDone
  | FetchFailure;

export interface FetchFailure {
  readonly type: "error";
  readonly code: FetchErrorCode;
  readonly message: string;
  /** Existing models with similar names. */
  readonly nearest?: readonly string[];
}

export interface FetchDone {
  readonly type: "done";
  readonly path: string;
  /** The commit. */
  readonly revision: string;
  readonly bytes: number;
  readonly fetched: number;
  /** The hub was unreachable, and the cache was complete. */
  readonly offline?: boolean;
  /** The base that an adapter's configuration names. */
  readonly base?: { readonly model: string; readonly revision?: string };
}

export type FetchErrorCode =
  | "not-found"
  | "gated"
  | "unauthorized"
  | "revision"
  | "unreachable"
  | "incomplete"
  | "interrupted"
  | "disk-full"
  | "is-adapter"
  | "not-adapter"
  | "invalid"
  | "no-client"
  | "failed";
