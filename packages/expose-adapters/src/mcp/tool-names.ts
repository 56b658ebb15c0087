import { createHash } from "node:crypto";

/** The maximum length of a tool's name for providers, including the prefix `mcp__SERVER__` that clients add. */
const maxLength = 64;
const maxServerLength = 32;
/** The names that providers allow for tools and for properties of arguments. */
const plainName = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** The name of a server in clients, short enough to leave room for the names of its tools. */
export function serverName(name: string): string {
  return spell(name.replaceAll(/[^A-Za-z0-9_-]/g, "_"), name, maxServerLength, new Set());
}

/** Maps the name of a function to that of its tool. */
export function toolNames(server: string, functions: readonly string[]): (name: string) => string {
  return spellAll(functions, maxLength - `mcp__${serverName(server)}__`.length);
}

/** Maps a name in Python to that of a property in a schema. */
export function propertyNames(names: readonly string[]): (name: string) => string {
  return spellAll(names, maxLength);
}

/**
 * Replaces special characters in names, and shortens long names in the middle. A hash of the complete name keeps the
 * results distinct, and does not depend on the other names.
 */
function spellAll(names: readonly string[], length: number): (name: string) => string {
  const isKept = (name: string) => plainName.test(name) && name.length <= length;
  // Names that need no change are reserved first.
  const taken = new Set(names.filter(isKept));
  const spelled = new Map(
    names.filter((name) => !isKept(name)).map((name) => [name, spell(plain(name), name, length, taken)]),
  );
  return (name) => spelled.get(name) ?? name;
}

function plain(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
  if (!/[A-Za-z0-9]/.test(letters)) return `unnamed_${hash(name)}`;
  return /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`;
}

function spell(letters: string, name: string, length: number, taken: Set<string>): string {
  let spelled = letters;
  for (let salt = ""; spelled.length > length || taken.has(spelled); salt += "+") {
    const mark = `_${hash(name + salt)}_`;
    const room = Math.min(length, letters.length + mark.length) - mark.length;
    // Keep both the beginning and the end of a name, without incomplete words.
    const end = Math.floor(room / 3);
    const head = letters.slice(0, room - end).replace(/(?<=.{8})_[^_]*$/, "");
    const tail = letters.slice(letters.length - end).replace(/^[^_]{0,8}_(?=.)/, "");
    spelled = head + mark + tail;
  }
  taken.add(spelled);
  return spelled;
}

function hash(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 4);
}
