/** A requirement of Seer, and whether this machine meets it. */
export interface Check {
  name: string;
  ok: boolean;
  /** Whether nothing can be served without it. */
  required: boolean;
  /** What was found, or the problem. */
  found: string;
  neededFor: string;
  /** How to install it. */
  get: string;
}
