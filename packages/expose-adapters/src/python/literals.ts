/** A string as Python source, on one line. */
export function pythonString(text: string): string {
  // JSON's escapes are valid in Python, including those of lone surrogates.
  return JSON.stringify(text).replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff]/g, escaped);
}

/** A JSON value as a Python literal; undefined if the literal would be a different value. */
export function pythonLiteral(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return pythonString(value);
    case "boolean":
      return value ? "True" : "False";
    case "bigint":
      return String(value);
    case "number":
      return Number.isSafeInteger(value) ? String(value) : undefined;
    default:
      return value === null ? "None" : undefined;
  }
}

/** JSON as a Python expression. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) return pythonLiteral(value) ?? "None";
  const items = Object.entries(value).map(([key, item]) => `${pythonString(key)}: ${pythonJson(item)}`);
  return `{${items.join(", ")}}`;
}

/** A text as a docstring, with its lines after the first indented. */
export function pythonDocstring(text: string, indent = ""): string {
  const safe = text
    .split("\n")
    .map(withoutTrailingSpaces)
    .join("\n")
    // Python does not compile lone surrogates.
    .toWellFormed()
    .replaceAll("\\", "\\\\")
    // Three quotes in a row would end the docstring, and so would one before the closing quotes.
    .replaceAll(/"(?="|$)/g, '\\"')
    .replaceAll(/[^\P{C}\n\t]|[\u2028\u2029]/gu, escaped);
  const lines = safe.split("\n");
  return `"""${lines.map((line, i) => (i === 0 || line === "" ? line : indent + line)).join("\n")}${
    lines.length > 1 ? `\n${indent}` : ""
  }"""`;
}

/** Does not use a regular expression, which would take quadratic time for a line of spaces. */
function withoutTrailingSpaces(line: string): string {
  let end = line.length;
  while (line[end - 1] === " " || line[end - 1] === "\t") end--;
  return line.slice(0, end);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code <= 0xffff
    ? `\\u${code.toString(16).padStart(4, "0")}`
    : `\\U${code.toString(16).padStart(8, "0")}`;
}
