import type { ExposedFunction } from "../interface/model.ts";

/** A function's docstring: what it does, its arguments and its result. */
export function documentationOf(fn: ExposedFunction): string {
  const described = fn.parameters.filter((parameter) => parameter.description !== "");
  const sections = [
    fn.description,
    section(
      "Args",
      described.map(({ name, description }) => `${name}: ${description}`),
    ),
    section("Returns", fn.returns.description === "" ? [] : [fn.returns.description]),
  ];
  return sections.filter((text) => text !== "").join("\n\n");
}

function section(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return "";
  // Further lines of an entry stand deeper than its first.
  const lines = entries.map((entry) => `    ${entry.trim().replaceAll(/\n\s*/g, "\n        ")}`);
  return [`${title}:`, ...lines].join("\n");
}
