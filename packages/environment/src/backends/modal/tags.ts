import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces, userInfo } from "node:os";
import { identify } from "@seer/system";
import type { Plan } from "../../plan/plan.ts";

/** Tags of a sandbox on Modal: what lists show, without secrets. */
export interface Tags {
  /** Whether it is a user's sandbox or fetches weights. */
  readonly purpose: "sandbox" | "weights";
  /** ID of this start, for finding the sandbox if Modal's response is lost. */
  readonly start: string;
  /** Undefined for a sandbox without a name, which is called by its ID. */
  readonly name: string | undefined;
  readonly state: "starting" | "running";
  readonly kind: Plan["kind"];
  readonly createdAt: Date;
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly owner: Owner;
  /** Names of served interfaces. */
  readonly interfaces: readonly string[];
  /** Names of interfaces that are still loading. */
  readonly loading: readonly string[];
}

/** The process that started a sandbox. */
export interface Owner {
  /** Hash that identifies the machine and user. */
  readonly host: string;
  readonly pid: number;
  /** Hash that distinguishes the process from others with the same PID. */
  readonly process: string;
}

// Modal's limit for a tag's value.
const maxTagLength = 63;

/** The tag of all of Seer's sandboxes. */
export const marker = { seer: "1" } as const;

/** Finds a sandbox whose ID is not known yet. */
export function startTag(start: string): Record<string, string> {
  return { "seer-start": start };
}

export function packTags(tags: Tags): Record<string, string> {
  const { purpose, start, name, state, kind, createdAt, gpu, gpuCount, owner, interfaces, loading } = tags;
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
    ...packNames("seer-interfaces", interfaces),
    ...packNames("seer-loading", loading),
  };
}

/** Returns undefined if the tags are not those of a sandbox of Seer. */
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
    interfaces: unpackNames(tags["seer-interfaces"]),
    loading: unpackNames(tags["seer-loading"]),
  };
}

export function thisOwner(): Owner {
  return ownerOf(process.pid) ?? { host: thisHost(), pid: process.pid, process: "" };
}

/** Whether the process that started a sandbox is alive; undefined for a process on another machine. */
export function isOwnerAlive(owner: Owner): boolean | undefined {
  if (owner.host !== thisHost()) return undefined;
  return ownerOf(owner.pid)?.process === owner.process;
}

/** Joins as many names as fit into a tag. */
function packNames(tag: string, names: readonly string[]): Record<string, string> {
  if (names.length === 0) return {};
  const joined = names.join("-");
  const end =
    joined.length <= maxTagLength ? maxTagLength : Math.max(0, joined.lastIndexOf("-", maxTagLength));
  return { [tag]: joined.slice(0, end) };
}

function unpackNames(tag = ""): string[] {
  return tag.split("-").filter((name) => name !== "");
}

function ownerOf(pid: number): Owner | undefined {
  const identity = identify(pid);
  return identity && { host: thisHost(), pid, process: digest(identity.startedAt) };
}

let host: string | undefined;

/** Identifies a PID namespace and user: machines with the same hostname, and containers, differ. */
function thisHost(): string {
  host ??= digest([hostname(), userInfo().uid, ...pidNamespaceIds()].join(" "));
  return host;
}

function pidNamespaceIds(): string[] {
  try {
    return [readFileSync("/proc/sys/kernel/random/boot_id", "utf8"), readlinkSync("/proc/self/ns/pid")];
  } catch {
    return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ mac }) => mac));
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}
