import { Condition } from "../condition.ts";

/** The settings of an image for the processes that run in it. */
export interface ImageConfig {
  env: Record<string, string>;
  workdir: string;
  /** Where the Python lies that the image's own is made from. */
  pythonPrefix?: string;
}

/** An image as it is kept on disk beside its layers. */
export interface StoredImage {
  id: string;
  /** Layer directories, the topmost first. */
  layers: string[];
  config: ImageConfig;
  /** Identifies the instructions and what they were laid over; snapshots have none. */
  key?: string;
  /** The emulated time at which a snapshot expires. */
  expiresAt?: number;
  log: string;
}

/** An image as tests see it. */
export interface ImageInfo {
  id: string;
  status: "building" | "ready" | "failed";
  /** Everything that the build printed. */
  log: string;
  isSnapshot: boolean;
  expiresAt?: number;
}

/** One image from the moment its build begins. */
export class Image {
  readonly id: string;
  readonly key: string | undefined;
  readonly log: string[];
  readonly changed = new Condition();
  stored: StoredImage | undefined;
  failure: string | undefined;

  constructor(id: string, key: string | undefined, stored?: StoredImage) {
    this.id = id;
    this.key = key;
    this.stored = stored;
    this.log = stored === undefined ? [] : [stored.log];
  }

  get status(): ImageInfo["status"] {
    if (this.stored !== undefined) return "ready";
    return this.failure === undefined ? "building" : "failed";
  }

  append(text: string): void {
    this.log.push(text);
    this.changed.notify();
  }

  /** Ends the build with its result, or with the reason for its failure. */
  settle(outcome: StoredImage | string): void {
    if (typeof outcome === "string") this.failure = outcome;
    else this.stored = outcome;
    this.changed.notify();
  }

  info(): ImageInfo {
    const expiresAt = this.stored?.expiresAt;
    return {
      id: this.id,
      status: this.status,
      log: this.log.join(""),
      isSnapshot: this.key === undefined,
      ...(expiresAt !== undefined && { expiresAt }),
    };
  }
}
