import { randomBytes } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** An id as Modal writes them: a prefix, a dash and 22 base62 characters. */
export function createId(prefix: "ap" | "im" | "sb" | "se" | "st" | "ta" | "vo"): string {
  return `${prefix}-${characters(BASE62, 22)}`;
}

/** A sandbox's id on the newer backend. Clients tell the two backends apart by the length alone. */
export function createSandboxV2Id(): string {
  return `sb-${characters(BASE32, 26)}`;
}

function characters(alphabet: string, length: number): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}
