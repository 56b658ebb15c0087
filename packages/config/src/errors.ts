const marker = Symbol.for("seer.error");

export interface SeerErrorOptions {
  /** How to fix the problem, as an instruction. */
  hint?: string | undefined;
  cause?: unknown;
}

/**
 * The base class of all errors of Seer. `code` is stable.
 *
 * Codes have the form `package/problem`, such as `environment/image-build-failed`. Each package exports the type of its
 * codes.
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

  /** Like `instanceof`, but also works if two copies of this package are installed. */
  static isInstance(value: unknown): value is SeerError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** Codes of the errors that `@seer/config` throws. */
export type ConfigErrorCode =
  | "config/invalid"
  | "config/unreadable"
  /** A symbolic link in a directory points outside that directory. */
  | "config/link-outside"
  /** Files of a package are missing. */
  | "config/incomplete-installation";
