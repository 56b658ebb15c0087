import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createId } from "../ids.ts";
import { StatusError } from "../wire/status-error.ts";
import { creationType } from "./app-store.ts";

interface Volume {
  id: string;
  name?: string;
  version: number;
}

/** Volumes, each a directory that sandboxes mount; the directories and names outlive the emulator. */
export class VolumeStore {
  readonly #directory: string;
  readonly #volumes = new Map<string, Volume>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    if (!existsSync(this.#recordPath)) return;
    const volumes = JSON.parse(readFileSync(this.#recordPath, "utf8")) as Volume[];
    for (const volume of volumes) this.#volumes.set(volume.id, volume);
  }

  getOrCreate(request: { name: string; creation: number; version: number }): Volume {
    const known = this.findByName(request.name);
    if (known !== undefined && request.creation !== creationType.ephemeral) return known;
    if (request.creation === creationType.find) {
      throw new StatusError("NOT_FOUND", `Volume '${request.name}' not found`);
    }
    const volume: Volume = {
      id: createId("vo"),
      version: request.version || 1,
      ...(request.creation !== creationType.ephemeral && { name: request.name }),
    };
    mkdirSync(this.path(volume.id), { recursive: true });
    this.#volumes.set(volume.id, volume);
    this.#save();
    return volume;
  }

  findByName(name: string): Volume | undefined {
    return [...this.#volumes.values()].find((volume) => volume.name === name);
  }

  all(): Volume[] {
    return [...this.#volumes.values()];
  }

  require(id: string): void {
    if (!this.#volumes.has(id)) throw new StatusError("NOT_FOUND", `Volume with ID ${id} not found`);
  }

  /** The directory with a volume's files. */
  path(id: string): string {
    return join(this.#directory, id);
  }

  async delete(id: string): Promise<void> {
    this.require(id);
    this.#volumes.delete(id);
    this.#save();
    await rm(this.path(id), { recursive: true, force: true });
  }

  get #recordPath(): string {
    return join(this.#directory, "volumes.json");
  }

  #save(): void {
    writeFileSync(this.#recordPath, JSON.stringify(this.all().filter((volume) => volume.name !== undefined)));
  }
}
