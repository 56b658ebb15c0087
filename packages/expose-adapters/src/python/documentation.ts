import type { ExposedFunction } from "../interface/model.ts";

/** The docstring of a function, with its arguments, result and exceptions. */
export function documentationOf(fn: ExposedFunction): string {
  const described = fn.parameters.filter((parameter) => parameter.description !== "");
  const sections = [
    fn.description,
    section(
      "Args",
      described.map(({ name, description }) => `${name}: ${description}`),
    ),
    section("Returns", fn.returns.description === "" ? [] : [fn.returns.description]),
    section("Raises", fn.raises.map(raisedText)),
  ];
  return sections.filter((text) => text !== "").join("\n\n");
}

/** An exception in a docstring: `ValueError: If there is no such layer.` */
export function raisedText({ type, description }: ExposedFunction["raises"][number]): string {
  return [type, description].filter((text) => text !== "").join(": ");
}

function section(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return "";
  // Further lines of an entry are indented.
  const lines = entries.map((entry) => `    ${entry.trim().replaceAll(/\n\s*/g, "\n        ")}`);
  return [`${title}:`, ...lines].join("\n");
}
