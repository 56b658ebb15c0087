import { join } from "node:path";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { useOwnHome } from "../support/home.ts";
import { useHub } from "../support/hub.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
const hub = useHub();
let emulator: ModalEmulator;
let config: object;
const fixture = join(import.meta.dirname, "..", "fixtures", "interface", "interface.py");

/** What Modal is asked from a start to its end, where image and weights are there. */
const questions = [
  "SandboxListV2",
  "ImageGetOrCreate",
  "ImageFromId",
  "VolumeGetOrCreate",
  "SecretGetOrCreate",
  "SandboxCreate",
  "SandboxGetTaskId",
  "TaskGetCommandRouterAccess",
  "TaskExecStart",
  "TaskExecStdinWrite",
  "TaskExecStdioRead",
  "SandboxTagsSet",
  "SandboxTerminate",
  "SandboxWait",
];

describe.skipIf((await emulationObstacle()) !== undefined)(
  "a moment in which Modal cannot be reached",
  () => {
    beforeAll(async () => {
      vi.stubEnv("SEER_TEST_TOKEN", "sk-secret");
      ({ emulator } = await startModal());
      await hub.emulator.addRepo("lab/gemma", { "config.json": "{}" });
      config = {
        backend: "modal",
        executionMode: "cli",
        gpu: "H100",
        models: [{ name: "lab/gemma" }],
        secrets: ["SEER_TEST_TOKEN"],
        localFiles: [[fixture, "interface.py"]],
      };
      await (await new Sandbox(config).start()).terminate();
    });
    afterEach(() => {
      emulator.faults.clear();
      expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
      expect(emulator.billing().filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
    });
    afterAll(() => vi.unstubAllEnvs());

    test.each(questions)("at %s is lived through", async (method) => {
      const fault = emulator.faults.fail(method, { times: 1, message: "out of order" });
      {
        await using sandbox = await new Sandbox(config).start();
        expect(await sandbox.exec("head -c 3 interface.py")).toBe('"""');
      }
      expect(fault.hits).toBe(1);
    });
  },
);
