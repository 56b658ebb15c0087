import { join } from "node:path";
import type { SandboxConfigInput } from "@seer/config";
import type { HubEmulator } from "@seer/hub-emulator";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { readCosts, Sandbox } from "../../src/index.ts";
import { errorOf } from "../support/home.ts";
import type { World } from "./world.ts";

/** A backend, and where to look for what a start has left on it. */
export interface BadInputPlace {
  readonly machine: SandboxConfigInput;
  readonly hub: () => HubEmulator;
  /** What of sandboxes there is: directories, processes, machines. */
  readonly left: () => Promise<readonly unknown[]> | readonly unknown[];
}

interface BadInput {
  readonly what: string;
  readonly config: (world: World) => SandboxConfigInput;
  readonly code: string;
  /** What the message or its hint has to say. */
  readonly says: readonly RegExp[];
}

const inputs: readonly BadInput[] = [
  {
    what: "a GPU that there is not",
    config: () => ({ gpu: "A10O" }),
    code: "environment/gpu-unknown",
    says: [/A10O/, /A10G|A100/],
  },
  {
    what: "a secret that is nowhere",
    config: () => ({ secrets: ["SEER_NOT_SET"] }),
    code: "environment/secret-missing",
    says: [/SEER_NOT_SET/],
  },
  {
    what: "a file that is not there",
    config: ({ folder }) => ({ localFiles: [[join(folder, "absent.txt"), "x"]] }),
    code: "environment/local-path-missing",
    says: [/absent\.txt/, /localFiles/],
  },
  {
    what: "two things at one path",
    config: ({ repository: { url } }) => ({ repos: [{ url }, { url, ref: "v1" }] }),
    code: "environment/path-conflict",
    says: [/\/workspace\/circuits/],
  },
  {
    what: "a package that there is not",
    config: ({ page }) => ({ pythonPackages: [`seer-absent @ ${page}/seer_absent-1-py3-none-any.whl`] }),
    code: "environment/package-install-failed",
    says: [/seer-absent/, /404/],
  },
  {
    what: "versions that do not go together",
    config: ({ wheel }) => ({ pythonPackages: [wheel, "seer-tiny==2.0"] }),
    code: "environment/package-install-failed",
    says: [/seer.tiny/, /conflict|incompatible|unsatisfiable/i],
  },
  {
    what: "a system package that there is not",
    config: () => ({ systemPackages: ["no-such-package-1"] }),
    code: "environment/system-packages-missing",
    says: [/no-such-package-1/],
  },
  {
    what: "a model that there is not",
    config: () => ({ models: [{ name: "lab/gemma" }, { name: "lab/absent", varName: "other" }] }),
    code: "environment/model-unavailable",
    says: [/lab\/absent/],
  },
  {
    what: "a revision that there is not",
    config: () => ({ models: [{ name: "lab/gemma", revision: "v9" }] }),
    code: "environment/model-unavailable",
    says: [/lab\/gemma/, /v9/],
  },
  {
    what: "a gated model without a token",
    config: () => ({ models: [{ name: "lab/gated" }] }),
    code: "environment/model-gated",
    says: [/lab\/gated/, /licence/, /HF_TOKEN/],
  },
  {
    what: "a directory of weights that is not there",
    config: ({ folder }) => ({ models: [{ name: join(folder, "nothing") }] }),
    code: "environment/model-unavailable",
    says: [/nothing/],
  },
  {
    what: "a directory with a link out of it",
    config: ({ folder }) => ({ localDirs: [[join(folder, "linking"), "x"]] }),
    code: "config/link-outside",
    says: [/linking\/link is a link to .*notes\.txt/, /copy/],
  },
  {
    what: "a directory of weights with a link out of it",
    config: ({ folder }) => ({ models: [{ name: join(folder, "linking") }] }),
    code: "config/link-outside",
    says: [/linking\/link is a link to .*notes\.txt/],
  },
  {
    what: "a hidden model with a link out of it",
    config: ({ folder }) => ({ models: [{ name: "lab/x", path: join(folder, "linking"), hidden: true }] }),
    code: "config/link-outside",
    says: [/linking\/link/],
  },
  {
    what: "a repository that there is not",
    config: ({ repository: { url } }) => ({ repos: [{ url: url.replace("circuits", "absent") }] }),
    code: "environment/repo-failed",
    says: [/absent\.git/],
  },
  {
    what: "a ref that there is not",
    config: ({ repository: { url } }) => ({ repos: [{ url, ref: "v9" }] }),
    code: "environment/repo-failed",
    says: [/has no v9/],
  },
  {
    what: "a Dockerfile that there is not",
    config: ({ repository: { url } }) => ({ repos: [{ url, dockerfile: "Absent" }] }),
    code: "environment/repo-failed",
    says: [/Absent: No such file/],
  },
  {
    what: "a file where a directory is",
    config: ({ folder }) => ({
      localDirs: [[join(folder, "data"), "place"]],
      localFiles: [[join(folder, "notes.txt"), "/workspace/place"]],
    }),
    code: "environment/file-failed",
    says: [/place/],
  },
];

/** What is wrong ends in an error that says so, and leaves nothing that runs or is billed. */
export function describeBadInput(place: BadInputPlace, world: () => World): void {
  describe("a start that cannot be", () => {
    const small = { ...place.machine, executionMode: "cli" } as const satisfies SandboxConfigInput;

    beforeAll(async () => {
      const access = { gated: true, allowed: ["hf_granted"] };
      await place.hub().addRepo("lab/gated", { "config.json": "{}" }, access);
    });
    afterEach(async () => {
      expect(await place.left(), "what a start has left").toEqual([]);
      expect(await Sandbox.list()).toEqual([]);
      expect((await readCosts()).filter(({ state }) => state === "running")).toEqual([]);
    });

    test.each(inputs)("$what", async ({ config, code, says }) => {
      const error = await errorOf(new Sandbox({ ...small, ...config(world()) }).start({ name: "bad" }));
      expect(error).toMatchObject({ code });
      for (const pattern of says) expect(`${error.message}\n${error.hint}`).toMatch(pattern);
    });

    test("a download that breaks again and again, after which the next start is whole", async () => {
      const hub = place.hub();
      const weights = Buffer.alloc(3_000_000, 1);
      await hub.addRepo("lab/large", { "config.json": "{}", "model.safetensors": weights });
      const path = /model\.safetensors/;
      const drop = hub.faults.dropDownload({ path, afterBytes: 400_000, times: 1000 });
      const config = { ...small, models: [{ name: "lab/large" }] };
      const error = await errorOf(new Sandbox(config).start());
      expect(error).toMatchObject({ code: "environment/model-unavailable" });
      expect(error.message).toMatch(/Downloading for lab\/large failed 3 times/);
      drop.remove();
      await using sandbox = await new Sandbox(config).start();
      const size = await sandbox.exec("stat -Lc %s $MODEL_LAB_LARGE_PATH/model.safetensors");
      expect(Number(size)).toBe(weights.length);
    });
  });
}
