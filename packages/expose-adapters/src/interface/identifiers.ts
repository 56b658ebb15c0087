const pythonKeywords = words(
  "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield",
);

// A module that exports `then` cannot be imported with `await`.
const typescriptKeywords = words(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch then this throw true try typeof var void while with yield",
);

/** Whether this is a valid name for a Python function or module. */
export function isPythonName(name: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name) && !pythonKeywords.has(name);
}

/** Converts a name to a valid Python identifier: `class` becomes `class_`. */
export function pythonName(name: string): string {
  const letters = withLetters(name);
  // Names with double underscores have a special meaning in Python.
  return pythonKeywords.has(letters) || /^__.*__$/.test(letters) ? `${letters}_` : letters;
}

/** Converts a name to a valid TypeScript identifier. */
export function typescriptName(name: string): string {
  const letters = withLetters(name);
  return typescriptKeywords.has(letters) ? `${letters}_` : letters;
}

/** Adds `name`, or the first of `name2`, `name3`, … that is free, to `taken`, and returns it. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`;
  taken.add(free);
  return free;
}

/** Converts a text to lowercase words with hyphens between them, of at most `length` characters. */
export function slug(text: string, length: number): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, length);
  return words.replaceAll(/^-+|-+$/g, "");
}

function withLetters(name: string): string {
  const letters = name.replaceAll(/\P{XID_Continue}/gu, "_");
  return /^[\p{XID_Start}_]/u.test(letters) ? letters : `_${letters}`;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}
