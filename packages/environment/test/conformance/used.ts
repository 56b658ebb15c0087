export interface Use extends Disposable {
  /** As `Sandbox.list`, or `Sandbox#exec` for one of an object. */
  unused(): string[];
}

/** Takes note of the methods and properties of classes that are used, static ones too. */
export function noteUse(...classes: readonly (abstract new (...args: never[]) => unknown)[]): Use {
  const unused = new Set<string>();
  const stack = new DisposableStack();
  for (const type of classes) {
    note(type, `${type.name}.`, unused, stack);
    note(type.prototype as object, `${type.name}#`, unused, stack);
  }
  return { unused: () => [...unused], [Symbol.dispose]: () => stack.dispose() };
}

function note(target: object, prefix: string, unused: Set<string>, stack: DisposableStack): void {
  for (const key of Reflect.ownKeys(target)) {
    const before = Reflect.getOwnPropertyDescriptor(target, key);
    if (before?.configurable !== true || key === "constructor") continue;
    const { get, value } = before;
    if (get === undefined && typeof value !== "function") continue;
    const name = `${prefix}${String(key)}`;
    unused.add(name);
    const noting = <F extends (...args: never[]) => unknown>(original: F) =>
      function (this: unknown, ...args: Parameters<F>): unknown {
        unused.delete(name);
        return Reflect.apply(original, this, args);
      };
    Reflect.defineProperty(target, key, {
      ...before,
      ...(get === undefined ? { value: noting(value) } : { get: noting(get) }),
    });
    stack.defer(() => void Reflect.defineProperty(target, key, before));
  }
}
