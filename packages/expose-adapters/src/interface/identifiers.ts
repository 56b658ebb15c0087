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

/** Whether Python can call something this, where it is defined and where it is imported. */
export function isPythonName(name: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name) && !pythonKeywords.has(name);
}

/** The nearest name that Python can use: `class` becomes `class_`. */
export function pythonName(name: string): string {
  const letters = withLetters(name);
  // Dunders mean something to Python wherever they are defined.
  return pythonKeywords.has(letters) || /^__.*__$/.test(letters) ? `${letters}_` : letters;
}

/** The nearest name that TypeScript can use. */
export function typescriptName(name: string): string {
  const letters = withLetters(name);
  return typescriptKeywords.has(letters) ? `${letters}_` : letters;
}

/** `name`, or the first of `name2`, `name3`, … that is not taken; takes it. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`;
  taken.add(free);
  return free;
}

/** Lowercase words with hyphens between them, of at most `length` characters. */
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
