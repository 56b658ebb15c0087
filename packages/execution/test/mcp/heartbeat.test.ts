import { expect, test } from "vitest";
import { heartbeat, type ToolCall } from "../../src/mcp/heartbeat.ts";

async function beats(progressToken: string | undefined): Promise<unknown[]> {
  const sent: unknown[] = [];
  const call = {
    _meta: progressToken === undefined ? undefined : { progressToken },
    sendNotification: async (notification: unknown) => void sent.push(notification),
  } as unknown as ToolCall;
  {
    using _ = heartbeat(call, () => ": epoch 3", 10);
    await new Promise((resolve) => setTimeout(resolve, 35));
  }
  const count = sent.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(sent.length).toBe(count);
  return sent;
}

test("a call that asked for progress gets it until it ends", async () => {
  const sent = await beats("token");
  expect(sent.length).toBeGreaterThanOrEqual(2);
  expect(sent[0]).toEqual({
    method: "notifications/progress",
    params: { progressToken: "token", progress: 0, message: "running for 0 s: epoch 3" },
  });
});

test("a call that did not gets something else, to keep its connection alive", async () => {
  const [first] = await beats(undefined);
  expect(first).toMatchObject({ method: "notifications/message", params: { level: "info" } });
});
