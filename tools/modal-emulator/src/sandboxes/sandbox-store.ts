import { StatusError } from "../wire/status-error.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SandboxQuery {
  appId?: string;
  tags: Readonly<Record<string, string>>;
  includeFinished: boolean;
  /** Seconds since the epoch; 0 for all. */
  before: number;
}

const PAGE = 100;

/** Every sandbox there ever was, the newest last. */
export class SandboxStore {
  readonly #sandboxes = new Map<string, Sandbox>();
  #lastCreatedAt = 0;

  all(): Sandbox[] {
    return [...this.#sandboxes.values()];
  }

  add(sandbox: Sandbox): void {
    this.#sandboxes.set(sandbox.id, sandbox);
  }

  get(id: string): Sandbox {
    const sandbox = this.#sandboxes.get(id);
    if (sandbox === undefined) throw new StatusError("NOT_FOUND", `Sandbox with ID ${id} not found`);
    return sandbox;
  }

  byTask(taskId: string): Sandbox {
    const sandbox = this.all().find((candidate) => candidate.taskId === taskId);
    if (sandbox === undefined) throw new StatusError("NOT_FOUND", `Task with ID ${taskId} not found`);
    return sandbox;
  }

  /** The running sandbox of a name; with `includeFinished`, else the latest that ended. */
  byName(appId: string, name: string, includeFinished = false): Sandbox | undefined {
    const named = this.all().filter((sandbox) => sandbox.name === name && sandbox.definition.appId === appId);
    const running = named.find((sandbox) => sandbox.state !== "finished");
    return running ?? (includeFinished ? named.at(-1) : undefined);
  }

  /** Throws when a running sandbox of the app has this name already. */
  requireFree(appId: string, name: string): void {
    if (this.byName(appId, name) !== undefined) {
      throw new StatusError("ALREADY_EXISTS", `Sandbox with name '${name}' already exists in the App`);
    }
  }

  /** One page of the matching sandboxes, the newest first. */
  list(query: SandboxQuery): Sandbox[] {
    const matching = this.all().filter(
      (sandbox) =>
        (query.appId === undefined || sandbox.definition.appId === query.appId) &&
        (query.includeFinished || sandbox.state !== "finished") &&
        (query.before === 0 || sandbox.createdAt / 1000 < query.before) &&
        Object.entries(query.tags).every(([name, value]) => sandbox.tags[name] === value),
    );
    return matching.reverse().slice(0, PAGE);
  }

  /** A time of creation that no other sandbox has: clients page through lists by it. */
  nextCreatedAt(now: number): number {
    this.#lastCreatedAt = Math.max(now, this.#lastCreatedAt + 1);
    return this.#lastCreatedAt;
  }
}
