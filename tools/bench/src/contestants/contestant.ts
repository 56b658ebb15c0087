import type { Driver } from "../drivers/driver.ts";
import type { PythonEnvironment } from "../processes/python-environment.ts";
import type { Tunnel } from "../tunnel/tunnel.ts";

export type Language = "TypeScript" | "Python";

/** What contestants are started with. */
export interface Bench {
  core: PythonEnvironment;
  /** Ray Serve's own, where that takes part. */
  ray: PythonEnvironment;
  tunnel: Tunnel;
}

export interface Contestant {
  name: string;
  /** The languages of its clients. */
  languages: readonly Language[];
  /** Whether it is only included on request. */
  heavy?: boolean;
  start(bench: Bench): Promise<RunningServer>;
}

interface RunningServer extends AsyncDisposable {
  drive(language: Language, way: "loopback" | "tunnel"): Promise<Driver>;
}
