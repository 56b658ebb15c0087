const marker = Symbol.for("seer.error");

export interface SeerErrorOptions {
  /** What to do about it, as an instruction. */
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * The one error class of Seer; `code` says what happened and is safe to test for.
 *
 * Codes read `package/what-happened`, such as `environment/image-build-failed`; each package exports its closed set.
 */
export class SeerError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, options: SeerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SeerError";
    this.code = code;
    this.hint = options.hint;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Tells a SeerError apart even when two copies of this package are installed, where `instanceof` would not. */
  static isInstance(value: unknown): value is SeerError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** Codes of the errors that `@seer/config` throws. */
export type ConfigErrorCode = "config/invalid" | "config/unreadable";
