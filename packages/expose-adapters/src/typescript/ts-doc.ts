/** Text that can stand in a comment. */
export function commentText(text: string): string {
  return text.replaceAll("\r", "").replaceAll("*/", "*\\/");
}

/** Text as a documentation comment. */
export function tsDoc(text: string): string {
  const lines = commentText(text).split("\n");
  return ["/**", ...lines.map((line) => ` * ${line}`.trimEnd()), " */"].join("\n");
}
