import { withTimeout } from "@seer/config";
import type { Image, Volume } from "modal";
import { EnvironmentError } from "../../../errors.ts";
import { locateModel } from "../../../models/locate-model.ts";
import type { BackendStartOptions } from "../../../runtime/backend.ts";
import { callModal, isModalError } from "../call-modal.ts";
import { createSandbox } from "../create-sandbox.ts";
import { sandboxImage } from "../image/sandbox-image.ts";
import type { ModalInstance } from "../modal-instance.ts";
import type { ModalSession } from "../session.ts";
import { StartContext } from "../start-context.ts";
import { FetchRejected, fillVolume, volumeMount, weightsFolder } from "./fill-volume.ts";
import { type Filled, knownFilled, rememberFilled } from "./filled-volumes.ts";
import { hubVariables } from "./hub-access.ts";
import { versionOf } from "./version-of.ts";
import { volumeName } from "./volume-name.ts";
import { waitForSandbox } from "./wait-for-sandbox.ts";
import type { WantedWeights } from "./wanted-weights.ts";

/** Weights in a volume, with their metadata. */
export interface PlacedWeights extends Filled {
  readonly volume: Volume;
}

const packages = ["huggingface_hub>=1.0,<3"];
// Enough for a slow download of 1 TB.
const fillTimeoutMs = 12 * 60 * 60_000;

/** Provides the volumes of one start. Each volume is filled at most once, even if several paths use it. */
export class WeightsVolumes {
  readonly #session: ModalSession;
  readonly #token: string | undefined;
  readonly #options: BackendStartOptions;
  readonly #placed = new Map<string, Promise<PlacedWeights>>();
  #image: Promise<Image> | undefined;

  constructor(session: ModalSession, token: string | undefined, options: BackendStartOptions) {
    this.#session = session;
    this.#token = token;
    this.#options = options;
  }

  /** Returns the weights' volume, filling it first if necessary. */
  async place(wanted: WantedWeights): Promise<PlacedWeights> {
    const { onProgress, signal } = this.#options;
    if (wanted.source.from === "directory") {
      onProgress(`Model ${wanted.name}: comparing files with its volume on Modal`);
      // Reject an invalid model before uploading anything.
      await locateModel(wanted.source, { ...this.#options, ...wanted });
    }
    const version = await versionOf(wanted.source, { token: this.#token, signal });
    const name = volumeName(wanted, version);
    const placed = this.#placed.get(name) ?? this.#place(name, pinned(wanted, version));
    this.#placed.set(name, placed);
    const { volume, ...filled } = await placed;
    return { ...filled, volume: volume.withMountOptions({ readOnly: true, subPath: weightsFolder }) };
  }

  async #place(name: string, wanted: WantedWeights): Promise<PlacedWeights> {
    const { onProgress } = this.#options;
    const existing = await this.#find(name);
    const known = existing && (await knownFilled(name, existing.volumeId));
    if (existing !== undefined && known !== undefined) {
      onProgress(`Model ${wanted.name}: found in its volume on Modal`);
      return { ...known, volume: existing };
    }
    const volume = existing ?? (await this.#create(name));
    try {
      const filled = await this.#fill(name, volume, wanted);
      await rememberFilled(name, volume.volumeId, filled);
      return { ...filled, volume };
    } catch (error) {
      // Do not keep an empty volume for a mistyped name.
      const isEmpty = existing === undefined && error instanceof FetchRejected;
      if (isEmpty) await this.#session.client.volumes.delete(name).catch(() => {});
      throw error;
    }
  }

  async #fill(name: string, volume: Volume, wanted: WantedWeights): Promise<Filled> {
    const { onProgress, signal } = this.#options;
    this.#image ??= this.#fetchImage();
    const image = await this.#image;
    for (;;) {
      onProgress(`Model ${wanted.name}: filling its volume on Modal, without a GPU`);
      const instance = await this.#instance(name, image, volume);
      if (instance !== undefined) return await fillAndEnd(instance, wanted, this.#options);
      onProgress(`Model ${wanted.name}: waiting for another start to fill its volume`);
      await waitForSandbox(this.#session, name, signal);
    }
  }

  /** Starts a sandbox to fill the volume. Returns undefined if another one is filling it, since Modal's names are unique. */
  async #instance(name: string, image: Image, volume: Volume): Promise<ModalInstance | undefined> {
    const { from: _, ...options } = this.#options;
    const own = {
      ...options,
      name,
      // The user's token, even if the sandbox with the model does not get it.
      secrets: this.#token === undefined ? {} : { HF_TOKEN: this.#token },
      onProgress: () => {},
    };
    const step = {
      kind: "instance",
      env: hubVariables(),
      secrets: [],
      timeoutMs: fillTimeoutMs,
      egress: true,
      limits: {},
      docker: false,
    } as const;
    const plan = { backend: "modal", kind: "sandbox", steps: [step] } as const;
    const context = new StartContext(this.#session, plan, own, "weights");
    try {
      return await createSandbox(step, { image, volumes: { [volumeMount]: volume } }, context);
    } catch (error) {
      if (EnvironmentError.isInstance(error) && error.code === "environment/name-taken") return undefined;
      throw error;
    }
  }

  async #fetchImage(): Promise<Image> {
    const spec = { python: { kind: "python", packages }, systemPackages: [], docker: false } as const;
    return await sandboxImage(this.#session, spec, this.#options);
  }

  async #find(name: string): Promise<Volume | undefined> {
    const find = () =>
      this.#session.client.volumes.fromName(name).catch((error) => {
        if (isModalError(error, "NotFoundError")) return undefined;
        throw error;
      });
    return await callModal("find a volume", find, this.#options);
  }

  async #create(name: string): Promise<Volume> {
    const create = () => this.#session.client.volumes.fromName(name, { createIfMissing: true });
    return await callModal("create a volume", create, this.#options);
  }
}

async function fillAndEnd(
  instance: ModalInstance,
  wanted: WantedWeights,
  options: BackendStartOptions,
): Promise<Filled> {
  try {
    return await fillVolume(instance, wanted, options);
  } catch (error) {
    if (!(EnvironmentError.isInstance(error) && error.code === "environment/ended")) throw error;
    const reason = await withTimeout(instance.ended, endReasonMs, "lost" as const);
    throw new EnvironmentError(
      reason === "budget" ? "environment/budget-exceeded" : "environment/backend-unreachable",
      `The sandbox that fills the volume of the model ${wanted.name} ended early: ${reason}`,
      { hint: "Start again; the files fetched so far are kept.", cause: error },
    );
  } finally {
    await instance.terminate().catch(() => {});
  }
}

const endReasonMs = 5000;

/** Pins the revision, so that a moving branch has no effect. */
function pinned(wanted: WantedWeights, version: string): WantedWeights {
  const { source } = wanted;
  return source.from === "hub" ? { ...wanted, source: { ...source, revision: version } } : wanted;
}
