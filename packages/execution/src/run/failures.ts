import { type CellOutput, ExecutionError, type ExecutionErrorCode } from "../errors.ts";
import type { CellError } from "./cell-outcome.ts";
import type { ExecOptions } from "./execution-result.ts";
import type { CellEnd } from "./running-cell.ts";

const variablesGone =
  "The next cell gets a new process that is set up like the first; variables are gone, files are not.";

export function pythonError(
  code: Extract<ExecutionErrorCode, "execution/python-error" | "execution/setup-failed">,
  { type, message, traceback }: CellError,
  output: CellOutput,
): ExecutionError {
  const what =
    code === "execution/setup-failed"
      ? `The customInitCode of the workspace failed: ${type}: ${message}`
      : message;
  return new ExecutionError(code, what || type, { exception: { pythonType: type, traceback }, output });
}

export function died({ cause, printed }: Extract<CellEnd, { how: "died" }>): ExecutionError {
  return new ExecutionError("execution/process-died", `The Python process ended: ${cause.message}`, {
    hint: variablesGone,
    cause,
    output: { ...printed, images: [] },
  });
}

export function diedBetweenCells(): ExecutionError {
  return new ExecutionError(
    "execution/process-died",
    "The Python process ended after the last cell; this one was not run",
    {
      hint: variablesGone,
    },
  );
}

export function stopped(
  { how, printed }: Extract<CellEnd, { how: "interrupted" | "timeout" }>,
  { timeoutMs, signal }: ExecOptions,
  survived: boolean,
): ExecutionError {
  const what =
    how === "timeout"
      ? `The code ran for more than ${timeoutMs} ms and was interrupted`
      : "The code was interrupted";
  return new ExecutionError(
    `execution/${how}`,
    survived ? what : `${what}; it did not stop by itself, so the process was ended`,
    {
      hint: survived ? "Variables are kept." : variablesGone,
      cause: how === "interrupted" ? signal?.reason : undefined,
      output: { ...printed, images: [] },
    },
  );
}

export function terminated(): ExecutionError {
  return new ExecutionError("execution/terminated", "The session has been terminated");
}
