/** One thing that Seer can use, and whether this machine has it. */
export interface Check {
  name: string;
  ok: boolean;
  /** Without it nothing can be served. */
  required: boolean;
  /** What was found, or what is wrong. */
  found: string;
  neededFor: string;
  /** How to get it. */
  get: string;
}
