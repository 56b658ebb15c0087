/** What `seer_tools/fetch_model.py` prints, a line of JSON each; the last one is `done` or `error`. */
export type FetchLine =
  | {
      readonly type: "progress";
      readonly bytes: number;
      readonly total: number;
      /** Of these bytes, those that came over the network in this run, which has lasted so long. */
      readonly fetched: number;
      readonly seconds: number;
    }
  | { readonly type: "waiting"; readonly file: string }
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
  /** Models that there are, instead of one that is not. */
  readonly nearest?: readonly string[];
}

export interface FetchDone {
  readonly type: "done";
  readonly path: string;
  /** The commit. */
  readonly revision: string;
  readonly bytes: number;
  readonly fetched: number;
  /** The hub could not be asked, and the cache had all of it. */
  readonly offline?: boolean;
  /** What an adapter's config names. */
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
