import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMcpServer } from "../../src/mcp/index.ts";
import { type Served, serve } from "../served.ts";
import { connect, type TestClient, textOf } from "./mcp-client.ts";

let served: Served;
let mcp: TestClient;

beforeAll(async () => {
  served = await serve("fixtures/pictures.py", "pictures");
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await createMcpServer(served.client, "pictures").connect(ours);
  mcp = await connect(theirs);
});

afterAll(async () => {
  await mcp?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

async function images({ content }: CallToolResult) {
  const found = content.filter((part) => part.type === "image");
  return await Promise.all(
    found.map(async ({ data, mimeType }) => {
      const { width, height, format } = await sharp(Buffer.from(data, "base64")).metadata();
      return { mimeType, format, width, height, length: data.length };
    }),
  );
}

test.each<[string, string, Record<string, unknown>, string]>([
  ["a PIL image", "image", {}, "image/png"],
  ["a matplotlib figure", "figure", {}, "image/png"],
  ["the bytes of a PNG file", "file", { format: "PNG" }, "image/png"],
  ["the bytes of a JPEG file", "file", { format: "JPEG" }, "image/jpeg"],
  ["the bytes of a GIF file", "file", { format: "GIF" }, "image/gif"],
  ["the bytes of a WebP file", "file", { format: "WEBP" }, "image/webp"],
])("%s is an image", async (_, name, args, mimeType) => {
  const result = await mcp.call(name, args);
  expect(result.isError).toBeUndefined();
  expect(await images(result)).toMatchObject([{ mimeType, format: mimeType.split("/")[1] }]);
  expect(result.structuredContent).toMatchObject({ result: { mediaType: mimeType, image: 1 } });
});

test("pictures in a result are images in their order", async () => {
  const result = await mcp.call("nested");
  expect(await images(result)).toMatchObject([{ mimeType: "image/png" }, { mimeType: "image/jpeg" }]);
  expect(result.structuredContent).toMatchObject({
    plots: [{ image: 1 }, { last: { image: 2 } }],
    1: "text",
  });
  expect(await images(await mcp.call("steps"))).toMatchObject([{ width: 2 }, { width: 2 }]);
});

test("a picture too large for a conversation is scaled down, which is said", async () => {
  for (const [width, height] of [
    [1500, 1000],
    [4000, 40],
    [30, 3000],
  ] as const) {
    const result = await mcp.call("large", { width, height });
    const [image] = await images(result);
    expect(Math.max(image?.width ?? 0, image?.height ?? 0)).toBeLessThanOrEqual(1568);
    expect(image?.length).toBeLessThanOrEqual(400_000);
    expect(textOf(result)).toContain(`of ${width}×${height} pixels`);
  }
});

test("many pictures share one budget", async () => {
  const large = await images(await mcp.call("large", { width: 600, height: 600, count: 5 }));
  expect(large).toHaveLength(5);
  expect(large.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(400_000);
  const many = await mcp.call("several", { count: 13 });
  expect(await images(many)).toHaveLength(10);
  expect(textOf(many)).toContain("3 more images are left out");
});

test("bytes that only begin like a picture are sent as they are, or left out when they are many", async () => {
  const small = await mcp.call("broken", { size: 10 });
  expect(small.content.map(({ type }) => type)).toContain("image");
  const many = await mcp.call("broken", { size: 1_000_000 });
  expect(many.content.map(({ type }) => type)).not.toContain("image");
  expect(textOf(many)).toContain("left out: 1000008 bytes of image/png");
  const truncated = await mcp.call("truncated", { width: 1000 });
  expect(truncated.isError).toBeUndefined();
  expect(textOf(truncated)).toMatch(/left out|shown at/);
});
