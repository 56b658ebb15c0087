/** Replaces the values of secrets by their names. */
export type Mask = (text: string) => string;

// A shorter value would be found everywhere, and is no secret.
const shortest = 4;

/** A mask for everything that is logged or thrown; what a command prints belongs to its caller as it is. */
export function maskFor(secrets: Readonly<Record<string, string>>): Mask {
  const values = Object.entries(secrets)
    // One of several lines may be printed line by line.
    .flatMap(([name, value]) => [value, ...value.split("\n")].map((part) => ({ name, part: part.trim() })))
    .filter(({ part }) => part.length >= shortest)
    .toSorted((a, b) => b.part.length - a.part.length);
  return (text) => values.reduce((masked, { name, part }) => masked.replaceAll(part, `<${name}>`), text);
}
