import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GuestFiles } from "../contain/host-mounts.ts";
import { createId } from "../ids.ts";
import { StatusError } from "../wire/status-error.ts";
import { type BaseImage, openBaseImage } from "./base-image.ts";
import { BuildFailure, type BuildRequest, buildImage, buildKey } from "./build-image.ts";
import { copyLayer } from "./copy-layer.ts";
import { parseDockerfile } from "./dockerfile.ts";
import { Image, type ImageConfig, type StoredImage } from "./image.ts";

export interface ImageStoreOptions {
  directory: string;
  cacheDirectory: string;
  /** Builds that other emulators can use, and what else they depend on. */
  builtImages?: { directory: string; ingredients: unknown };
  files: GuestFiles;
  python?: string;
  /** Ends running builds. */
  signal: AbortSignal;
  now: () => number;
  /** Why the next build fails instead of running; see `faults.failImageBuild`. */
  injectedFailure: () => string | undefined;
}

export interface BuildSpec {
  dockerfile: string;
  /** Images that FROM may name besides a registry's. */
  bases: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  force: boolean;
}

interface BuiltLayer {
  layer: string;
  config: ImageConfig;
}

/** All images: built, building, and snapshots. What is built stays on disk, so that the next emulator finds it. */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #images = new Map<string, Image>();
  readonly #published = new Map<string, string>();

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#load();
  }

  all(): Image[] {
    return [...this.#images.values()];
  }

  /** The image of a build: an earlier one of the same instructions, or a new one that is now building. */
  async getOrBuild(spec: BuildSpec): Promise<Image> {
    const [first, ...instructions] = parseDockerfile(spec.dockerfile);
    if (first?.keyword !== "FROM") throw new StatusError("INVALID_ARGUMENT", "A Dockerfile begins with FROM");
    const from = first.value.trim();
    const base = await this.#openBase(from, spec.bases);
    const request: BuildRequest = { ...base, instructions, secrets: spec.secrets };
    const key = buildKey(request, from);
    const known = this.all().find((image) => image.key === key && image.status !== "failed");
    if (known !== undefined && !spec.force) return known;
    const image = new Image(createId("im"), key);
    this.#images.set(image.id, image);
    for (const note of base.notes) image.append(`emulator: ${note}\n`);
    void this.#build(image, request, spec.force);
    return image;
  }

  /** A built image that has not expired. */
  get(id: string): StoredImage {
    const stored = this.#images.get(id)?.stored;
    if (stored === undefined || (stored.expiresAt ?? Number.POSITIVE_INFINITY) <= this.#options.now()) {
      throw new StatusError("NOT_FOUND", `Could not find image with ID ${id}`);
    }
    return stored;
  }

  find(id: string): Image {
    const image = this.#images.get(id);
    if (image === undefined) throw new StatusError("NOT_FOUND", `Could not find image with ID ${id}`);
    return image;
  }

  /** Keeps a copy of a running root's changes as an image. */
  async snapshot(
    source: { layers: readonly string[]; upper: string },
    config: ImageConfig,
    expiresAt?: number,
  ): Promise<string> {
    const id = createId("im");
    const layer = this.#layerPath(id);
    await copyLayer(source.upper, layer);
    const stored = {
      id,
      layers: [layer, ...source.layers],
      config,
      log: "",
      ...(expiresAt !== undefined && { expiresAt }),
    };
    this.#images.set(id, new Image(id, undefined, stored));
    await this.#save(stored);
    return id;
  }

  async delete(id: string): Promise<void> {
    this.get(id);
    this.#images.delete(id);
    // Only the record goes: other images may lie over this one's layers.
    await rm(this.#recordPath(id), { force: true });
  }

  publish(id: string, tag: string): void {
    this.get(id);
    this.#published.set(tag, id);
  }

  byTag(tag: string): StoredImage {
    const id = this.#published.get(tag);
    if (id === undefined) throw new StatusError("NOT_FOUND", `Image '${tag}' not found`);
    return this.get(id);
  }

  async #openBase(from: string, bases: BuildSpec["bases"]): Promise<BaseImage> {
    const id = bases[from];
    if (id !== undefined) return { ...this.get(id), notes: [] };
    const { cacheDirectory, python } = this.#options;
    return openBaseImage(from, { cacheDirectory, ...(python !== undefined && { python }) });
  }

  async #build(image: Image, request: BuildRequest, force: boolean): Promise<void> {
    try {
      const injected = this.#options.injectedFailure();
      if (injected !== undefined) throw new BuildFailure(injected);
      const { layer, config } =
        this.#options.builtImages === undefined || force
          ? await this.#buildLayer(image, request, this.#layerPath(image.id))
          : await this.#buildOnce(image, request, this.#options.builtImages);
      const stored: StoredImage = {
        id: image.id,
        layers: [layer, ...request.layers],
        config,
        log: image.log.join(""),
        ...(image.key !== undefined && { key: image.key }),
      };
      await this.#save(stored);
      image.settle(stored);
    } catch (error) {
      const message = error instanceof BuildFailure ? error.message : `The emulator failed: ${error}`;
      image.append(`${message}\n`);
      image.settle(message);
    }
  }

  async #buildLayer(image: Image, request: BuildRequest, layer: string): Promise<BuiltLayer> {
    const downloads = join(this.#options.cacheDirectory, "downloads");
    await mkdir(downloads, { recursive: true });
    try {
      const config = await buildImage(request, {
        layer,
        downloads,
        files: this.#options.files,
        signal: this.#options.signal,
        log: (text) => image.append(text),
      });
      return { layer, config };
    } catch (error) {
      await rm(layer, { recursive: true, force: true });
      throw error;
    }
  }

  /** Uses the build of another emulator, or keeps this one's for others. */
  async #buildOnce(
    image: Image,
    request: BuildRequest,
    { directory, ingredients }: NonNullable<ImageStoreOptions["builtImages"]>,
  ): Promise<BuiltLayer> {
    const parts = [image.key, ingredients];
    const kept = join(directory, createHash("sha256").update(JSON.stringify(parts)).digest("hex"));
    const layer = join(kept, "layer");
    const record = join(kept, "record.json");
    if (!existsSync(record)) {
      await mkdir(directory, { recursive: true });
      const scratch = await mkdtemp(join(directory, "building-"));
      try {
        const { config } = await this.#buildLayer(image, request, join(scratch, "layer"));
        const text = JSON.stringify({ config, log: image.log.join("") });
        await writeFile(join(scratch, "record.json"), text);
        await rename(scratch, kept);
        return { layer, config };
      } catch (error) {
        await rm(scratch, { recursive: true, force: true });
        // Another emulator was faster.
        if (!existsSync(record)) throw error;
      }
    }
    const { config, log } = JSON.parse(await readFile(record, "utf8")) as {
      config: ImageConfig;
      log: string;
    };
    image.append(log.slice(image.log.join("").length));
    return { layer, config };
  }

  #load(): void {
    if (!existsSync(join(this.#options.directory, "records"))) return;
    for (const file of readdirSync(join(this.#options.directory, "records"))) {
      const stored = JSON.parse(
        readFileSync(join(this.#options.directory, "records", file), "utf8"),
      ) as StoredImage;
      if (stored.layers.every((layer) => existsSync(layer))) {
        this.#images.set(stored.id, new Image(stored.id, stored.key, stored));
      }
    }
  }

  async #save(stored: StoredImage): Promise<void> {
    await mkdir(join(this.#options.directory, "records"), { recursive: true });
    await writeFile(this.#recordPath(stored.id), JSON.stringify(stored));
  }

  #recordPath(id: string): string {
    return join(this.#options.directory, "records", `${id}.json`);
  }

  #layerPath(id: string): string {
    return join(this.#options.directory, "layers", id);
  }
}
