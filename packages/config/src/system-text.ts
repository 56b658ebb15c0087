import { z } from "zod";

/** Linux allows 128 KiB for a variable, including its name and terminator. */
const longestVariable = 128 * 1024 - 1024;

/** Returns why a text cannot be an argument, variable or path of a process; undefined if it can. */
export function problemWithText(text: string): string | undefined {
  const nul = text.indexOf("\0");
  if (nul >= 0) return `contains a NUL character at position ${nul}`;
  if (text.isWellFormed()) return undefined;
  return `contains a lone surrogate, half of a character, at position ${firstLoneSurrogate(text)}`;
}

function firstLoneSurrogate(text: string): number {
  const wellFormed = text.toWellFormed();
  let at = 0;
  while (text[at] === wellFormed[at]) at++;
  return at;
}

/** Text that can be an argument or a path of a process. */
export const systemText = z.string().superRefine((text, context) => {
  const problem = problemWithText(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** The value of an environment variable. */
export const variableValue = systemText.refine(
  (text) => Buffer.byteLength(text) <= longestVariable,
  "a variable may have at most 127 KiB: put longer data into a file, with `localFiles`",
);
