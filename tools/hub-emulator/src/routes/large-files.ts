import { createHmac, randomBytes } from "node:crypto";
import type { HubFile } from "../repos/hub-file.ts";

/** The storage of large files: serves all files with a signature of the hub, without authentication. */
export class LargeFiles {
  readonly #key = randomBytes(16);
  readonly #files = new Map<string, HubFile>();

  /** Makes a file available to whoever has the signature. */
  sign(file: HubFile): string {
    const sha256 = file.lfs?.sha256 ?? "";
    this.#files.set(sha256, file);
    return this.#signature(sha256);
  }

  find(sha256: string, signature: string | null): HubFile | undefined {
    return signature === this.#signature(sha256) ? this.#files.get(sha256) : undefined;
  }

  #signature(sha256: string): string {
    return createHmac("sha256", this.#key).update(sha256).digest("hex");
  }
}
