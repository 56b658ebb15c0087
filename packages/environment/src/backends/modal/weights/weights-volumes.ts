import type { Image, Volume } from "modal";
import { EnvironmentError } from "../../../errors.ts";
import { locateModel } from "../../../models/locate-model.ts";
import { within } from "../../../within.ts";
import type { BackendStartOptions } from "../../backend.ts";
import { askModal, isModalError } from "../ask-modal.ts";
import { createSandbox } from "../create-sandbox.ts";
import { sandboxImage } from "../image/sandbox-image.ts";
import type { ModalMachine } from "../modal-machine.ts";
import type { ModalSession } from "../session.ts";
import { StartContext } from "../start-context.ts";
import { FetchRefused, fillVolume, volumeMount, weightsFolder } from "./fill-volume.ts";
import { type Filled, knownFilled, rememberFilled } from "./filled-volumes.ts";
import { hubVariables } from "./hub-access.ts";
import { versionOf } from "./version-of.ts";
import { volumeName } from "./volume-name.ts";
import { waitForSandbox } from "./wait-for-sandbox.ts";
import type { WantedWeights } from "./wanted-weights.ts";

/** Weights that are in place: what to mount, and what is known of them. */
export interface PlacedWeights extends Filled {
  readonly volume: Volume;
}

const packages = ["huggingface_hub>=1.0,<3"];
// A model of a terabyte, slowly.
const fillMs = 12 * 60 * 60_000;

/** The volumes of one start; what two paths have in common is fetched once. */
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

  /** Finds weights in their volume, or puts them there by a machine without a GPU. */
  async place(wanted: WantedWeights): Promise<PlacedWeights> {
    const { onProgress, signal } = this.#options;
    if (wanted.source.from === "directory") {
      onProgress(`Model ${wanted.name}: comparing its files with what Modal has`);
      // What is no such model is found before anything is sent.
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
      onProgress(`Model ${wanted.name}: in its volume on Modal`);
      return { ...known, volume: existing };
    }
    const volume = existing ?? (await this.#create(name));
    try {
      const filled = await this.#fill(name, volume, wanted);
      await rememberFilled(name, volume.volumeId, filled);
      return { ...filled, volume };
    } catch (error) {
      // A name that was mistyped leaves nothing.
      const isEmpty = existing === undefined && error instanceof FetchRefused;
      if (isEmpty) await this.#session.client.volumes.delete(name).catch(() => {});
      throw error;
    }
  }

  async #fill(name: string, volume: Volume, wanted: WantedWeights): Promise<Filled> {
    const { onProgress, signal } = this.#options;
    this.#image ??= this.#fetchingImage();
    const image = await this.#image;
    for (;;) {
      onProgress(`Model ${wanted.name}: placing it in its volume on Modal, without a GPU`);
      const machine = await this.#machine(name, image, volume);
      if (machine !== undefined) return await fillAndEnd(machine, wanted, this.#options);
      onProgress(`Model ${wanted.name}: waiting for another start that places it`);
      await waitForSandbox(this.#session, name, signal);
    }
  }

  /** Modal gives a name to one sandbox at a time, and so a volume to one that fills it: undefined when it has one. */
  async #machine(name: string, image: Image, volume: Volume): Promise<ModalMachine | undefined> {
    const { from: _, ...options } = this.#options;
    const own = {
      ...options,
      name,
      // The researcher's, also when the sandbox with the model is not to have it.
      secrets: this.#token === undefined ? {} : { HF_TOKEN: this.#token },
      onProgress: () => {},
    };
    const step = {
      kind: "machine",
      env: hubVariables(),
      secrets: [],
      timeoutMs: fillMs,
      egress: true,
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

  async #fetchingImage(): Promise<Image> {
    const spec = { python: { kind: "python", packages }, systemPackages: [], docker: false } as const;
    return await sandboxImage(this.#session, spec, this.#options);
  }

  async #find(name: string): Promise<Volume | undefined> {
    const find = () =>
      this.#session.client.volumes.fromName(name).catch((error) => {
        if (isModalError(error, "NotFoundError")) return undefined;
        throw error;
      });
    return await askModal("find a volume", find, this.#options);
  }

  async #create(name: string): Promise<Volume> {
    const create = () => this.#session.client.volumes.fromName(name, { createIfMissing: true });
    return await askModal("make a volume", create, this.#options);
  }
}

async function fillAndEnd(
  machine: ModalMachine,
  wanted: WantedWeights,
  options: BackendStartOptions,
): Promise<Filled> {
  try {
    return await fillVolume(machine, wanted, options);
  } catch (error) {
    if (!(EnvironmentError.isInstance(error) && error.code === "environment/ended")) throw error;
    const reason = await within(machine.ended, explainMs, "lost" as const);
    throw new EnvironmentError(
      reason === "budget" ? "environment/budget-exceeded" : "environment/backend-unreachable",
      `The machine on Modal that places the model ${wanted.name} ended too early: ${reason}`,
      { hint: "Start again: what has come of it is kept.", cause: error },
    );
  } finally {
    await machine.terminate().catch(() => {});
  }
}

const explainMs = 5000;

/** From now on nothing depends on where a branch is. */
function pinned(wanted: WantedWeights, version: string): WantedWeights {
  const { source } = wanted;
  return source.from === "hub" ? { ...wanted, source: { ...source, revision: version } } : wanted;
}
