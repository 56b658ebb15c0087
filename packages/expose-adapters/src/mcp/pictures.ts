import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { Picture } from "@seer/rpc";
import type { Sharp } from "sharp";

/** The limit for the base64 of all pictures in a result. Claude Code accepts up to 500,000 characters per result. */
const maxCharacters = 400_000;
const maxPictures = 10;
/** Models scale down larger pictures themselves, or refuse them. */
const maxEdge = 1568;
/** Smaller versions, tried in this order until one is small enough. */
const smallerVersions = [
  { edge: maxEdge, format: "png" },
  { edge: maxEdge, format: "jpeg" },
  { edge: 1024, format: "jpeg" },
  { edge: 640, format: "jpeg" },
  { edge: 320, format: "jpeg" },
] as const;

type Content = CallToolResult["content"][number];

/** The pictures in a result, which are sent after its text. */
export class Pictures {
  readonly #pictures: Picture[] = [];

  /** Adds a picture; returns what represents it in the result. */
  add(picture: Picture): { mediaType: string; length: number; image: number } {
    const { mediaType, length } = picture;
    return { mediaType, length, image: this.#pictures.push(picture) };
  }

  /** The image content of each picture, and a text that explains why pictures are missing or smaller. */
  async content(): Promise<Content[]> {
    const shown = this.#pictures.slice(0, maxPictures);
    const share = Math.floor(maxCharacters / Math.max(1, shown.length));
    const content: Content[] = [];
    const notes: string[] = [];
    for (const [i, picture] of shown.entries()) {
      const { image, note } = await fit(picture, share);
      if (image !== undefined) content.push(image);
      if (note !== undefined) notes.push(`Image ${i + 1} is ${note}.`);
    }
    const more = this.#pictures.length - shown.length;
    if (more > 0) notes.push(`${more} more images are left out: a result shows at most ${maxPictures}.`);
    return notes.length === 0 ? content : [...content, { type: "text", text: notes.join("\n") }];
  }
}

async function fit(picture: Picture, characters: number): Promise<{ image?: Content; note?: string }> {
  const sharp = await loadSharp();
  // sharp accepts Uint8Arrays, but no subclasses.
  const bytes = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
  const size = await sharp?.(bytes)
    .metadata()
    .catch(() => undefined);
  const isWithinEdge = size === undefined || Math.max(size.width, size.height) <= maxEdge;
  if (base64Length(bytes) <= characters && isWithinEdge) {
    return { image: imageContent(bytes, picture.mediaType) };
  }
  const why = `left out: ${bytes.length} bytes of ${picture.mediaType} are too many for one result`;
  if (sharp === undefined || size === undefined) return { note: why };
  try {
    const smaller = await scaleDown(sharp(bytes), characters);
    if (smaller === undefined) return { note: why };
    const { data, info } = smaller;
    const note = `shown at ${info.width}×${info.height} of ${size.width}×${size.height} pixels, as ${info.format}`;
    return { image: imageContent(data, `image/${info.format}`), note };
  } catch (error) {
    return { note: `${why}, and it cannot be scaled down: ${(error as Error).message}` };
  }
}

async function scaleDown(
  picture: Sharp,
  characters: number,
): Promise<{ data: Buffer; info: { width: number; height: number; format: string } } | undefined> {
  for (const { edge, format } of smallerVersions) {
    const smaller = await picture
      .clone()
      .resize({ width: edge, height: edge, fit: "inside", withoutEnlargement: true })
      .flatten(format === "jpeg" ? { background: "white" } : false)
      .toFormat(format)
      .toBuffer({ resolveWithObject: true });
    if (base64Length(smaller.data) <= characters) return smaller;
  }
  return undefined;
}

/** Loaded only if there is a picture, because loading is slow; undefined on platforms without a build of the library. */
async function loadSharp(): Promise<typeof import("sharp").default | undefined> {
  return await import("sharp").then(
    (module) => module.default,
    () => undefined,
  );
}

function imageContent(bytes: Buffer, mimeType: string): Content {
  return { type: "image", mimeType, data: bytes.toString("base64") };
}

function base64Length({ length }: Uint8Array): number {
  return 4 * Math.ceil(length / 3);
}
