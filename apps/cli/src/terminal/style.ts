import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** Styles text for a stream, if the stream is a terminal with colours and `NO_COLOR` is not set. */
export function style(stream: NodeJS.WriteStream): (format: Format, text: string) => string {
  return (format, text) => styleText(format, text, { stream });
}
