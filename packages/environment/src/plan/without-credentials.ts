/** A text without the names, passwords and tokens that URLs in it carry. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^/@\s]+@/g, "$1");
}
