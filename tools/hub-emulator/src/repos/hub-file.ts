import { createHash } from "node:crypto";

/** One file of a repo, with the ids that the hub tells of it. */
export interface HubFile {
  path: string;
  content: Buffer;
  /** The git id of the blob, or of the pointer that stands for a large file. */
  oid: string;
  /** What the hub keeps outside of git, as it does large and binary files. */
  lfs?: { sha256: string; pointerSize: number };
}

const LARGE_FILE = /\.(safetensors|bin|pt|pth|h5|gguf|onnx|msgpack|npz|zip|tar|gz)$/;
const LARGE_BYTES = 10 * 1024 * 1024;

export function createHubFile(path: string, content: Buffer): HubFile {
  if (!LARGE_FILE.test(path) && content.length < LARGE_BYTES)
    return { path, content, oid: gitBlobId(content) };
  const sha256 = createHash("sha256").update(content).digest("hex");
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${content.length}\n`;
  return {
    path,
    content,
    oid: gitBlobId(Buffer.from(pointer)),
    lfs: { sha256, pointerSize: pointer.length },
  };
}

function gitBlobId(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
