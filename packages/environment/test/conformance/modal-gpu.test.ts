import { describeOnModal, placeOnModal } from "./on-modal.ts";
import { describeReference } from "./reference.ts";

await describeOnModal("on Modal", ({ world }) => {
  describeReference(placeOnModal({ gpu: true }), world);
});
