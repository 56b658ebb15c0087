import { inspect } from "node:util";
import { SeerError } from "@seer/config";
import { expect, test } from "vitest";
import { errorFromHost } from "../src/errors.ts";
import { RemoteError, RpcError } from "../src/index.ts";

const raised = {
  code: "exception",
  type: "ValueError",
  message: "layer 40 of 26",
  traceback:
    'Traceback (most recent call last):\n  File "interface.py", line 3, in f\nValueError: layer 40 of 26',
  hint: null,
  details: {},
};

test("a Python exception becomes a RemoteError that shows its traceback once, and who called", () => {
  const error = errorFromHost(raised);
  expect(error).toMatchObject({
    code: "rpc/exception",
    message: "layer 40 of 26",
    pythonType: "ValueError",
    traceback: raised.traceback,
    hint: undefined,
  });
  expect([RemoteError, RpcError, SeerError].every((type) => type.isInstance(error))).toBe(true);
  const printed = inspect(error);
  expect(printed.split('File "interface.py", line 3').length).toBe(2);
  expect(printed).toContain("errors.test.ts");
});

test("other errors of the host keep their code, hint and details", () => {
  const error = errorFromHost({
    code: "invalid-arguments",
    message: "no `layer`",
    hint: "add it",
    details: { parameter: "layer" },
  });
  expect(error).toMatchObject({
    code: "rpc/invalid-arguments",
    hint: "add it",
    details: { parameter: "layer" },
  });
  expect(RemoteError.isInstance(error)).toBe(false);
});

test("a code of a newer host is reported, not lost", () => {
  expect(errorFromHost({ code: "quota", message: "no more today" })).toMatchObject({
    code: "rpc/protocol",
    message: "no more today (unknown error code `quota`)",
  });
});
