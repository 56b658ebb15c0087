import type { EmulatorState } from "../emulator-state.ts";
import type { Image } from "../images/image.ts";
import { resultStatus } from "../sandboxes/sandbox-definition.ts";
import type { CallContext, Handlers } from "../wire/call-context.ts";

interface ImageGetOrCreateRequest {
  image: {
    baseImages: { imageId: string; dockerTag: string }[];
    dockerfileCommands: string[];
    secretIds: string[];
  };
  forceBuild: boolean;
}

interface ImageJoinStreamingRequest {
  imageId: string;
  timeout: number;
  lastEntryId: string;
  includeLogsForFinished: boolean;
}

/** Builds images and reports their status. */
export function imageHandlers({ images, secrets }: EmulatorState): Handlers {
  return {
    async ImageGetOrCreate({ image, forceBuild }: ImageGetOrCreateRequest) {
      const built = await images.getOrBuild({
        dockerfile: image.dockerfileCommands.join("\n"),
        bases: Object.fromEntries(image.baseImages.map((base) => [base.dockerTag, base.imageId])),
        secrets: secrets.merge(image.secretIds),
        force: forceBuild,
      });
      return { imageId: built.id, result: outcomeOf(built) };
    },

    async *ImageJoinStreaming(request: ImageJoinStreamingRequest, { signal }: CallContext) {
      const image = images.find(request.imageId);
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(request.timeout * 1000)]);
      let sent = request.lastEntryId === "" ? 0 : Number(request.lastEntryId);
      if (image.status !== "building" && !request.includeLogsForFinished) sent = image.log.length;
      while (true) {
        while (sent < image.log.length) {
          const data = image.log[sent++];
          yield { entryId: String(sent), taskLogs: [{ data, fileDescriptor: 1 }] };
        }
        const result = outcomeOf(image);
        if (result !== undefined) {
          yield { result, eof: true };
          return;
        }
        if (deadline.aborted) return;
        await image.changed.wait({ signal: deadline });
      }
    },

    ImageFromId: ({ imageId }: { imageId: string }) => ({ imageId: images.get(imageId).id }),

    ImageDelete: ({ imageId }: { imageId: string }) => images.delete(imageId),

    ImagePublish({ imageId, tag }: { imageId: string; tag: string }) {
      images.publish(imageId, tag);
      return { imageId };
    },

    ImageGetByTag: ({ tag }: { tag: string }) => ({ imageId: images.byTag(tag).id }),
  };
}

function outcomeOf(image: Image): object | undefined {
  switch (image.status) {
    case "building":
      return undefined;
    case "ready":
      return { status: resultStatus.success };
    case "failed":
      return { status: resultStatus.failure, exception: image.failure };
  }
}
