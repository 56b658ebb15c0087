import { describeArguments } from "./arguments.ts";
import { describeBadInput } from "./bad-input.ts";
import { describeOnModal, placeOnModal } from "./on-modal.ts";
import { describeReference } from "./reference.ts";

await describeOnModal("on Modal", ({ world, emulator, hub }) => {
  describeReference(placeOnModal({ gpu: false }), world);

  describeArguments({ backend: "modal" });

  describeBadInput(
    {
      machine: { backend: "modal", gpu: "A100" },
      hub: () => hub.emulator,
      left: () => [
        ...emulator()
          .sandboxes()
          .flatMap(({ id, state }) => (state === "finished" ? [] : [`${id} ${state}`])),
        ...emulator()
          .billing()
          .flatMap(({ sandboxId, endedAt }) => (endedAt ? [] : [`${sandboxId} billed`])),
      ],
    },
    world,
  );
});
