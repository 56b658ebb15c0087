/** Where a server under test is, and whether the way there is the TLS tunnel. */
export interface Target {
  port: number;
  tls: boolean;
}

export type Floats = Float32Array<ArrayBuffer>;

/** The same few functions through any protocol; any number of calls may be under way at once. */
export interface Caller extends AsyncDisposable {
  echo(value: string): Promise<unknown>;
  numbers(value: readonly number[]): Promise<unknown>;
  /** A million float32, as a typed array. */
  floats(): Promise<Floats>;
  /** How many floats arrived. */
  take(floats: Floats): Promise<unknown>;
  /** Sleeps 50 ms in the server. */
  nap(): Promise<unknown>;
  /** Computes in C, without letting go of the interpreter's lock. */
  hold(count: number): Promise<unknown>;
  health(): Promise<unknown>;
}

export type Connect = (target: Target) => Promise<Caller>;
