import { formatDuration } from "@seer/config";
import { type CellOutput, ExecutionError, type ExecutionErrorCode } from "../errors.ts";
import type { CellOptions } from "./cell-options.ts";
import type { Printed } from "./cell-run.ts";
import type { CellError, Interruption } from "./kernel.ts";

const variablesLost =
  "The next cell runs in a new process, after the init code. All variables are lost; files are kept.";

export function pythonError(
  code: Extract<ExecutionErrorCode, "execution/python-error" | "execution/setup-failed">,
  error: CellError,
  output: CellOutput,
): ExecutionError {
  const { type, message } = error;
  const text =
    code === "execution/setup-failed"
      ? `The workspace's \`customInitCode\` failed: ${type}: ${message}`
      : message;
  return new ExecutionError(code, text || type, { exception: exceptionOf(error), output });
}

export function died(cause: Error, printed: Printed): ExecutionError {
  return new ExecutionError("execution/process-died", `The Python process ended: ${cause.message}`, {
    hint: variablesLost,
    cause,
    output: { ...printed, images: [] },
  });
}

export function diedBetweenCells(): ExecutionError {
  return new ExecutionError(
    "execution/process-died",
    "The Python process ended after the previous cell, so this cell was not run",
    { hint: variablesLost },
  );
}

export function interrupted(
  { survived, error }: Interruption,
  printed: Printed,
  { isTimedOut, timeoutMs = 0, signal }: CellOptions & { isTimedOut: boolean },
): ExecutionError {
  const what = isTimedOut
    ? `The code ran for more than ${formatDuration(timeoutMs)} and was interrupted`
    : "The code was interrupted";
  return new ExecutionError(
    isTimedOut ? "execution/timeout" : "execution/interrupted",
    survived ? what : `${what}; it did not stop, so the process was killed`,
    {
      hint: survived ? "Variables are kept." : variablesLost,
      cause: isTimedOut ? undefined : signal?.reason,
      exception: error && exceptionOf(error),
      output: { ...printed, images: [] },
    },
  );
}

export function terminated(): ExecutionError {
  return new ExecutionError("execution/terminated", "The session has been terminated");
}

function exceptionOf({ type, traceback }: CellError): { pythonType: string; traceback: string } {
  return { pythonType: type, traceback };
}
