import type { Progress } from "@seer/config";
import type { Image, Volume } from "modal";
import type { ModelStep } from "../../../plan/plan.ts";
import { unsupported } from "../../../sandbox/check-supported.ts";
import type { Meter } from "../../backend.ts";
import type { ModalSession } from "../session.ts";

export interface WeightsOptions {
  image: Image;
  secrets: Readonly<Record<string, string>>;
  meter: Meter;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/** The volumes with the weights of models, by the paths at which they are mounted. */
export async function placeWeights(
  _session: ModalSession,
  _models: readonly ModelStep[],
  _options: WeightsOptions,
): Promise<Record<string, Volume>> {
  throw unsupported("`models` on modal");
}
