import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces, userInfo } from "node:os";
import type { Plan } from "../../plan/plan.ts";
import { identify } from "../../this-machine/process-identity.ts";

/** What Modal knows of a sandbox of ours besides its name: nothing that is secret, and all that a list shows. */
export interface Tags {
  /** What it is for; weights are fetched by one of their own. */
  readonly purpose: "sandbox" | "weights";
  /** Of this one start, so that it is found even when Modal's answer is not. */
  readonly start: string;
  /** Its id when undefined. */
  readonly name: string | undefined;
  readonly state: "starting" | "running";
  readonly kind: Plan["kind"];
  readonly createdAt: Date;
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly owner: Owner;
  /** Names of the interfaces that it serves. */
  readonly interfaces: readonly string[];
}

/** The process that started a sandbox. */
export interface Owner {
  /** Its machine and user, without naming them. */
  readonly host: string;
  readonly pid: number;
  /** Tells it from another process with the same number. */
  readonly process: string;
}

// What tags have room for where nothing more is known.
const longest = 63;

/** Marks every sandbox of ours. */
export const marker = { seer: "1" } as const;

/** The tag by which a sandbox is found whose id has not arrived. */
export function startTag(start: string): Record<string, string> {
  return { "seer-start": start };
}

export function packTags(tags: Tags): Record<string, string> {
  const { purpose, start, name, state, kind, createdAt, gpu, gpuCount, owner, interfaces } = tags;
  return {
    ...marker,
    ...startTag(start),
    "seer-purpose": purpose,
    ...(name === undefined ? {} : { "seer-name": name }),
    "seer-state": state,
    "seer-kind": kind,
    "seer-created": String(createdAt.getTime()),
    "seer-owner": `${owner.host}-${owner.pid}-${owner.process}`,
    ...(gpu === null ? {} : { "seer-gpu": `${gpu}-x${gpuCount}` }),
    ...(interfaces.length === 0 ? {} : { "seer-interfaces": shortened(interfaces.join("-")) }),
  };
}

/** Undefined for what is no sandbox of ours. */
export function unpackTags(tags: Readonly<Record<string, string>>): Tags | undefined {
  if (tags.seer !== marker.seer) return undefined;
  const [host = "", pid = "", process = ""] = (tags["seer-owner"] ?? "").split("-");
  const gpu = /^(.*)-x(\d+)$/.exec(tags["seer-gpu"] ?? "");
  return {
    purpose: tags["seer-purpose"] === "weights" ? "weights" : "sandbox",
    start: tags["seer-start"] ?? "",
    name: tags["seer-name"],
    state: tags["seer-state"] === "running" ? "running" : "starting",
    kind: tags["seer-kind"] === "scoped" ? "scoped" : "sandbox",
    createdAt: new Date(Number(tags["seer-created"] ?? 0)),
    gpu: gpu?.[1] ?? null,
    gpuCount: Number(gpu?.[2] ?? 1),
    owner: { host, pid: Number(pid), process },
    interfaces: (tags["seer-interfaces"] ?? "").split("-").filter((name) => name !== ""),
  };
}

export function thisOwner(): Owner {
  return ownerOf(process.pid) ?? { host: thisHost(), pid: process.pid, process: "" };
}

/** Whether the process that started a sandbox lives; undefined when it is on another machine. */
export function isOwnerAlive(owner: Owner): boolean | undefined {
  if (owner.host !== thisHost()) return undefined;
  return ownerOf(owner.pid)?.process === owner.process;
}

/** The names that fit. */
function shortened(names: string): string {
  return names.length <= longest ? names : names.slice(0, Math.max(0, names.lastIndexOf("-", longest)));
}

function ownerOf(pid: number): Owner | undefined {
  const identity = identify(pid);
  return identity && { host: thisHost(), pid, process: digest(identity.startedAt) };
}

let host: string | undefined;

/** Where process numbers mean what they mean here: two machines of one name, or two containers, are not the same. */
function thisHost(): string {
  host ??= digest([hostname(), userInfo().uid, ...whereProcessesAre()].join(" "));
  return host;
}

function whereProcessesAre(): string[] {
  try {
    return [readFileSync("/proc/sys/kernel/random/boot_id", "utf8"), readlinkSync("/proc/self/ns/pid")];
  } catch {
    return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ mac }) => mac));
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
