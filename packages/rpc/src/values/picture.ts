const marker = Symbol.for("seer.rpc.picture");

/**
 * An image file that a function returned: its bytes and media type.
 *
 * @example
 * if (Picture.isInstance(result)) await writeFile("figure.png", result);
 */
export class Picture extends Uint8Array<ArrayBuffer> {
  /** `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  readonly mediaType: string;

  /** Shares the memory of `bytes`. */
  constructor(mediaType: string, bytes: Uint8Array<ArrayBuffer>) {
    super(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.mediaType = mediaType;
    Object.defineProperty(this, marker, { value: true });
  }

  // Slices and copies are plain bytes, because they may not be complete pictures.
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  static isInstance(value: unknown): value is Picture {
    return typeof value === "object" && value !== null && marker in value;
  }
}
