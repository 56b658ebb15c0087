import { join } from "node:path";
import type { EmulatorState } from "../emulator-state.ts";
import { Sandbox } from "../sandboxes/sandbox.ts";
import { SandboxMachine } from "../sandboxes/sandbox-machine.ts";
import type { SecretSource } from "../stores/secret-store.ts";
import { StatusError } from "../wire/status-error.ts";
import { type DefinitionMessage, readDefinition } from "./read-definition.ts";
import { readTags, type TagMessage } from "./tags.ts";

/** What both versions of the call to create a sandbox carry. */
export interface SandboxCreateRequest {
  appId: string;
  definition: DefinitionMessage;
  tags: TagMessage[];
  secretSources?: SecretSource[];
}

/** Creates a sandbox, which starts as soon as there is capacity. */
export function createSandbox(
  state: EmulatorState,
  version: 1 | 2,
  request: SandboxCreateRequest,
): { sandbox: Sandbox; started: Promise<void> } {
  const { sandboxes, clock, faults } = state;
  state.apps.require(request.appId);
  const definition = readDefinition(request.definition, request, state);
  if (version === 2 && definition.gpu !== undefined) {
    throw new StatusError("INVALID_ARGUMENT", "GPUs are not supported by SandboxCreateV2");
  }
  if (definition.name !== undefined) sandboxes.requireFree(request.appId, definition.name);
  const image = state.images.get(definition.imageId);
  const sandbox = new Sandbox({
    version,
    definition,
    tags: readTags(request.tags),
    clock,
    createdAt: sandboxes.nextCreatedAt(clock.now()),
    boot: (self) =>
      SandboxMachine.boot({
        directory: join(state.runtimeDirectory, "sandboxes", self.id),
        socketDirectory: join(state.runtimeDirectory, self.id.slice(-8)),
        hostPorts: state.hostPorts,
        files: state.files,
        certificate: state.certificate,
        definition,
        image,
        env: { MODAL_SANDBOX_ID: self.id, MODAL_TASK_ID: self.taskId, MODAL_IMAGE_ID: image.id },
        onTunnelConnection: () => self.beginUse(),
      }),
  });
  sandboxes.add(sandbox);
  const started = faults.effects
    .passScheduling(definition.gpu?.type ?? "", sandbox.signal)
    .then(() => sandbox.start());
  return { sandbox, started };
}
