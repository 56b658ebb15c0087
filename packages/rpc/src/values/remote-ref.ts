const marker = Symbol.for("seer.rpc.remote-ref");

/** A reference to an object in the worker; a later call that gets it receives the object itself. */
export class RemoteRef {
  readonly id: string;
  /** The object's Python class. */
  readonly type: string;
  /** A short description of the object, such as `float32 [4096, 4096]`. */
  readonly summary: string;

  constructor(id: string, type: string, summary: string) {
    this.id = id;
    this.type = type;
    this.summary = summary;
    Object.defineProperty(this, marker, { value: true });
  }

  static isInstance(value: unknown): value is RemoteRef {
    return typeof value === "object" && value !== null && marker in value;
  }
}
