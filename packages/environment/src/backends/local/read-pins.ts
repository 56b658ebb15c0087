import { EnvironmentError } from "../../errors.ts";

/**
 * Reads version pins that `kernel_pins.py` has printed. They come from the metadata of packages, and become lines of a
 * requirements file.
 *
 * @throws EnvironmentError `environment/service-failed`
 */
export function readPins(text: string): string[] {
  const pins = JSON.parse(text) as string[];
  const invalid = pins.find((pin) => !/^[a-z0-9-]+==[\w.!+-]+$/.test(pin));
  if (invalid === undefined) return pins;
  throw new EnvironmentError(
    "environment/service-failed",
    `A package of \`pythonPackages\` has an invalid name or version: ${JSON.stringify(invalid)}`,
    { hint: 'Remove it, or disable notebooks with `executionMode: "cli"`.' },
  );
}
