/** A line of progress of a start. Lines that may name files and models are for admins only. */
export interface StartProgress {
  readonly text: string;
  readonly audience: "everyone" | "admins";
}

/** Why a host did not start. */
export interface StartFailure extends Error {
  /** A message for everyone; the error's own message may name files and models. */
  readonly publicMessage: string;
}

/** The lifecycle of a host that is stopped while it is idle and started again by the next call. */
export interface HostLifecycle {
  /** `loading` while the host is being started again. */
  readonly state: "awake" | "stopped" | "loading";
  /** Progress of the latest start. */
  readonly lines: readonly StartProgress[];
  /** The number of starts so far, which tells one start from the next. */
  readonly attempt: number;
  /** Why the latest start failed; undefined if it did not. */
  readonly failure: StartFailure | undefined;
  readonly stoppedForMs: number;
  /** Called with each line of progress while the host is being started. */
  readonly listeners: Set<(line: StartProgress) => void>;
  /**
   * Begins an activity, which starts the host if it is stopped. Call the result to end the activity.
   *
   * @throws StartFailure when the host does not start
   */
  enter(signal?: AbortSignal): Promise<() => void>;
  /** Begins an activity in a running host; undefined if it is not running. */
  enterNow(): (() => void) | undefined;
  /** Waits for the end of a start in progress, whether it succeeds or not. */
  settled(signal: AbortSignal): Promise<void>;
  /** Restarts the time after which the host counts as idle. */
  touch(): void;
}
