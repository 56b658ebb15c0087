import { EnvironmentError } from "../errors.ts";

/** A stopped sandbox could not be started again; `cause` is the reason. */
export class StartAgainError extends EnvironmentError {
  /** Message for callers of an interface. Unlike `message`, it does not name files and models. */
  readonly publicMessage: string;

  /** @param step The step that failed, such as "preparing the models". */
  constructor(step: string | undefined, cause: unknown) {
    const { code, message, hint, publicMessage } = cause as Partial<EnvironmentError & StartAgainError>;
    super(code ?? "environment/start-failed", `The sandbox could not be started again: ${message}`, {
      hint,
      cause,
    });
    this.name = "StartAgainError";
    const during = step === undefined ? "" : `: ${step} failed`;
    this.publicMessage = publicMessage ?? `The sandbox could not be started again${during}`;
  }
}
