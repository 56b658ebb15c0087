import { expect } from "vitest";
import { it, start } from "../helpers/start.ts";

it("tells what a finished build printed to those only who ask for it", async () => {
  await using setup = await start();
  const { app, modal, emulator } = setup;
  const failing = modal.images
    .fromRegistry("debian:bookworm-slim")
    .dockerfileCommands(["RUN echo printed; exit 7"]);
  await expect(failing.build(app)).rejects.toThrow("exit code 7");
  const imageId = emulator.images().find((image) => image.status === "failed")?.id ?? "";
  const log = async (includeLogsForFinished: boolean) => {
    let text = "";
    const request = { imageId, timeout: 10, lastEntryId: "", includeLogsForFinished };
    for await (const { taskLogs } of modal.cpClient.imageJoinStreaming(request)) {
      for (const { data } of taskLogs) text += data;
    }
    return text;
  };
  expect(await log(true)).toContain("printed\n");
  expect(await log(false)).toBe("");
});
