import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatBytes } from "@seer/config";
import { renderJson } from "@seer/expose-adapters/render";
import type { Picture } from "@seer/rpc";

interface Options {
  /** The function's name, which pictures are named after. */
  fn: string;
  /** The directory for pictures. */
  directory: string;
  /** Whether to indent the JSON for people. */
  readable: boolean;
  /** Called with a message for each picture. */
  onPicture: (text: string) => void;
}

/** Writes results as JSON, and the pictures in them as files. */
export class ResultWriter {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  text(value: unknown): string {
    const { readable } = this.#options;
    const text = renderJson(value, {
      picture: (picture) => this.#writePicture(picture),
      ...(readable ? { indent: 2 } : {}),
    });
    return readable ? joinNumbers(text) : text;
  }

  #writePicture(picture: Picture): { mediaType: string; file: string } {
    const { fn, directory, onPicture } = this.#options;
    const { mediaType } = picture;
    const stem = fn.replaceAll(/[^\w-]/g, "_");
    const ending = mediaType.split("/")[1] ?? "bin";
    mkdirSync(directory, { recursive: true });
    for (let number = 1; ; number++) {
      const file = join(directory, `${stem}${number === 1 ? "" : `-${number}`}.${ending}`);
      try {
        writeFileSync(file, picture, { flag: "wx" });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw error;
      }
      onPicture(`Wrote ${file} (${formatBytes(picture.length)})`);
      return { mediaType, file };
    }
  }
}

/** Puts each list of numbers on one line instead of one line per number. */
function joinNumbers(json: string): string {
  return json.replaceAll(/\[\n\s*([^[\]{}"\s][^[\]{}"]*?)\n\s*\]/g, (_, numbers: string) => {
    return `[${numbers.replaceAll(/\n\s*/g, " ")}]`;
  });
}
