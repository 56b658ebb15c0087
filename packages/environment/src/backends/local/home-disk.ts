import { seerHome } from "../../seer-home.ts";
import type { Disk } from "../disk-full.ts";

/** Where this machine's sandboxes and what they share lie. */
export function homeDisk(): Disk {
  return {
    name: seerHome(),
    hint: "Free some space, for example with `seer snapshots rm`, or name another disk in SEER_HOME.",
  };
}
