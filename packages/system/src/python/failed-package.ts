import { shorten } from "@seer/config";

const patterns = [
  /No matching distribution found for (\S+)/,
  /Because (\S+) was not found/,
  /there (?:is|are) no versions? of (\S+)/,
  /Failed building wheel for (\S+)/,
  /Failed to (?:build|download) `([^`]+)`/,
  /Invalid requirement: '?([^'\n]+)'?/,
  /Failed to parse: `([^`]+)`/,
];

const longestName = 200;

/** The package that pip's or uv's error output names. */
export function failedPackage(output: string): string | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(output);
    if (match?.[1] !== undefined) return shorten(match[1].replace(/[,.:;]$/, ""), longestName);
  }
  return undefined;
}
