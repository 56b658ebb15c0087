/** The port of a server under test, and whether it is reached through the TLS tunnel. */
export interface Target {
  port: number;
  tls: boolean;
}

export type Floats = Float32Array<ArrayBuffer>;

/** The benchmarked functions, over any protocol; any number of calls may be in flight. */
export interface Caller extends AsyncDisposable {
  echo(value: string): Promise<unknown>;
  numbers(value: readonly number[]): Promise<unknown>;
  /** A million float32, as a typed array. */
  floats(): Promise<Floats>;
  /** How many floats arrived. */
  take(floats: Floats): Promise<unknown>;
  /** Sleeps 50 ms in the server. */
  nap(): Promise<unknown>;
  /** Computes in C without releasing the GIL. */
  hold(count: number): Promise<unknown>;
  health(): Promise<unknown>;
}

export type Connect = (target: Target) => Promise<Caller>;
