const marker = Symbol.for("seer.rpc.remote-ref");

/** An object that stayed in the worker; pass it to a later call, which gets the object itself. */
export class RemoteRef {
  readonly id: string;
  /** The object's Python class. */
  readonly type: string;
  /** The object in a few words, such as `float32 [4096, 4096]`. */
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
