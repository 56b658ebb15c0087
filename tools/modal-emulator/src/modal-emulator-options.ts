/** The options of an emulator; all have defaults. */
export interface ModalEmulatorOptions {
  /** Where images, volumes and running sandboxes lie. @default a temporary directory, removed at the end */
  stateDirectory?: string;
  /** Where base images and packagers' downloads are kept for every emulator. @default in ~/.cache/seer */
  cacheDirectory?: string;
  /** Where builds are kept for other emulators, which then need not repeat them. @default they are not kept */
  builtImagesDirectory?: string | undefined;
  /** The port of both services. @default a free one */
  port?: number;
  /** Secrets that `secrets.fromName` finds, each with its variables. */
  secrets?: Record<string, Record<string, string>>;
  /** The interpreter for `python:` images whose version this machine does not have. @default $SEER_PYTHON, python3 */
  python?: string;
  /** Packages that `apt-get install` pretends to install although this machine lacks them. */
  systemPackages?: string[];
  /** Directories of programs that pretended packages come with, by the packages' names. */
  programs?: Record<string, string>;
  /**
   * Ports of this machine's loopback that answer in every sandbox under the same address. Those that a sandbox's
   * variables or commands name, as in `http://127.0.0.1:8080`, answer in any case.
   */
  hostPorts?: number[];
  /** How long JWTs are valid, in real time. @default 1_200_000 */
  tokenLifetimeMs?: number;
}
