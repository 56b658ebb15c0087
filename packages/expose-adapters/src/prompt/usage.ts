import type { ExposedFunction, Interface } from "../interface/model.ts";
import { isArray, someShape } from "../interface/shapes.ts";
import { exampleArguments, exampleFunction } from "../markdown/example.ts";
import { fence } from "../markdown/fence.ts";
import { pythonJson, pythonString } from "../python/literals.ts";

/** The token itself, or the environment variable that contains it. */
export type TokenSource = { text: string } | { variable: string };

/** Instructions for calling functions over HTTP, without installing anything. */
export function usage({ functions }: Interface, url: string, token: TokenSource): string {
  const example = exampleFunction(functions);
  const parts = [
    "They are called over HTTP, for example from Python:",
    fence("python", pythonCode(url, token, example)),
    "or from a shell:",
    fence("sh", shellCode(url, token, example)),
    notes(functions),
  ];
  return parts.join("\n\n");
}

function pythonCode(url: string, token: TokenSource, example: ExposedFunction | undefined): string {
  const { protocol, host, pathname } = new URL(url);
  const connection = protocol === "https:" ? "HTTPSConnection" : "HTTPConnection";
  const authorization =
    "text" in token
      ? pythonString(`Bearer ${token.text}`)
      : `"Bearer " + os.environ[${pythonString(token.variable)}]`;
  const path = pythonString(`${pathname.replace(/\/$/, "")}/call/`);
  return `import http.client
import json
${"text" in token ? "" : "import os\n"}
def call(function, arguments):
    """Calls a function with a dict of arguments by name, and returns its result."""
    connection = http.client.${connection}(${pythonString(host)})
    headers = {"Authorization": ${authorization}, "Content-Type": "application/json"}
    connection.request("POST", ${path} + function, json.dumps(arguments), headers)
    answer = json.load(connection.getresponse())
    connection.close()
    if "error" in answer:
        raise RuntimeError(answer["error"]["traceback"] or answer["error"]["message"])
    return answer["result"]

${example === undefined ? "" : `call(${pythonString(example.name)}, ${pythonJson(exampleArguments(example))})`}`;
}

function shellCode(url: string, token: TokenSource, example: ExposedFunction | undefined): string {
  const secret = "text" in token ? token.text : `$${token.variable}`;
  const body = JSON.stringify(example === undefined ? {} : exampleArguments(example)).replaceAll(
    "'",
    "'\\''",
  );
  return [
    `curl -sS ${url.replace(/\/$/, "")}/call/${encodeURIComponent(example?.name ?? "FUNCTION")} \\`,
    `  -H "Authorization: Bearer ${secret}" -H "Content-Type: application/json" \\`,
    `  -d '${body}'`,
  ].join("\n");
}

/** Notes about the encoding of arguments and results. */
function notes(functions: readonly ExposedFunction[]): string {
  const parameters = functions.flatMap((fn) => fn.parameters);
  const takesArrays = parameters.some(({ shape }) => someShape(shape, isArray));
  const givesArrays = functions.some(({ returns }) => someShape(returns.shape, isArray));
  const rest = parameters.some(({ kind }) => kind.startsWith("var_"));
  const lines = [
    'The answer is `{"result": …}`, or `{"error": {"type", "message", "traceback", …}}` with a status of 400 or more.',
    rest && "Arguments for `*args` go as a list under its name, those for `**kwargs` by their own names.",
    takesArrays && "Arrays go as nested lists.",
    givesArrays &&
      'Arrays come as `{"$seer": "array", "dtype", "shape", "data"}`: ' +
        '`numpy.frombuffer(base64.b64decode(a["data"]), a["dtype"]).reshape(a["shape"])`.',
    'NaN and infinities are `{"$seer": "float", "value": "nan"}`, `"inf"` and `"-inf"`.',
  ];
  return lines
    .filter((line) => line !== false)
    .map((line) => `- ${line}`)
    .join("\n");
}
