import type { EmulatorState } from "../emulator-state.ts";
import type { Sandbox } from "../sandboxes/sandbox.ts";
import { resultStatus } from "../sandboxes/sandbox-definition.ts";
import type { CallContext, Handlers } from "../wire/call-context.ts";
import { StatusError } from "../wire/status-error.ts";
import { createSandbox, type SandboxCreateRequest } from "./create-sandbox.ts";
import { readTags, type TagMessage, writeTags } from "./tags.ts";

interface WithSandbox {
  sandboxId: string;
}

interface WithTimeout extends WithSandbox {
  /** Seconds. */
  timeout?: number;
}

interface GetFromNameRequest {
  sandboxName: string;
  appName: string;
  includeTerminated: boolean;
}

interface ListRequest {
  appId: string;
  beforeTimestamp: number;
  includeFinished: boolean;
  tags: TagMessage[];
}

/** How long a request without a deadline may wait. */
const LONG_POLL_SECONDS = 10;

/** Creates, finds, watches and ends sandboxes. */
export function sandboxHandlers(state: EmulatorState): Handlers {
  const { sandboxes, apps, tokens } = state;

  const handlers = {
    SandboxCreate(request: SandboxCreateRequest) {
      const { sandbox } = createSandbox(state, 1, request);
      return { sandboxId: sandbox.id, metadata: metadataOf(sandbox) };
    },

    async SandboxCreateV2(request: SandboxCreateRequest) {
      const { sandbox, started } = createSandbox(state, 2, request);
      await started;
      if (sandbox.result?.status === resultStatus.initFailure) {
        throw new StatusError("FAILED_PRECONDITION", sandbox.result.exception);
      }
      return {
        sandboxId: sandbox.id,
        taskId: sandbox.taskId,
        tunnels: tunnelsOf(sandbox),
        metadata: metadataOf(sandbox),
        commandRouterAccess: access(sandbox),
      };
    },

    async SandboxGetTaskId({ sandboxId, timeout = LONG_POLL_SECONDS }: WithTimeout, { signal }: CallContext) {
      const sandbox = sandboxes.get(sandboxId);
      const isDecided = () => sandbox.state !== "queued" || undefined;
      await sandbox.changed.until(isDecided, { signal, timeoutMs: timeout * 1000 });
      if (sandbox.state === "finished") return { taskResult: sandbox.result };
      return sandbox.state === "running" ? { taskId: sandbox.taskId } : {};
    },

    TaskGetCommandRouterAccess: ({ taskId }: { taskId: string }) => access(sandboxes.byTask(taskId)),

    SandboxGetCommandRouterAccess: ({ sandboxId }: WithSandbox) => access(sandboxes.get(sandboxId)),

    async SandboxGetTunnels(
      { sandboxId, timeout = LONG_POLL_SECONDS }: WithTimeout,
      { signal }: CallContext,
    ) {
      const sandbox = sandboxes.get(sandboxId);
      const isDecided = () => sandbox.state !== "queued" || undefined;
      await sandbox.changed.until(isDecided, { signal, timeoutMs: timeout * 1000 });
      if (sandbox.state === "queued") return { result: { status: resultStatus.timeout } };
      return { result: { status: resultStatus.success }, tunnels: tunnelsOf(sandbox) };
    },

    async SandboxWait({ sandboxId, timeout = 0 }: WithTimeout, { signal }: CallContext) {
      const sandbox = sandboxes.get(sandboxId);
      const result = await sandbox.changed.until(() => sandbox.result, { signal, timeoutMs: timeout * 1000 });
      return { metadata: metadataOf(sandbox), ...(result && { result }) };
    },

    async SandboxTerminate({ sandboxId }: WithSandbox) {
      const sandbox = sandboxes.get(sandboxId);
      const existing = sandbox.result;
      await sandbox.terminate();
      return existing === undefined ? {} : { existingResult: existing };
    },

    SandboxGetFromName: (request: GetFromNameRequest) => byName(request, 1),
    SandboxGetFromNameV2: (request: GetFromNameRequest) => byName(request, 2),

    SandboxList: (request: ListRequest) => list(request, (sandbox) => sandbox.version === 1),
    SandboxListV2: (request: ListRequest) => list(request, () => true),

    SandboxSetName({ sandboxId, name }: WithSandbox & { name: string }) {
      const sandbox = sandboxes.get(sandboxId);
      if (sandbox.name !== undefined)
        throw new StatusError("FAILED_PRECONDITION", "The Sandbox already has a name");
      sandboxes.requireFree(sandbox.definition.appId, name);
      sandbox.name = name;
    },

    SandboxTagsGet: ({ sandboxId }: WithSandbox) => ({ tags: writeTags(sandboxes.get(sandboxId).tags) }),

    SandboxTagsSet({ sandboxId, tags }: WithSandbox & { tags: TagMessage[] }) {
      sandboxes.get(sandboxId).tags = readTags(tags);
    },
  };

  function access(sandbox: Sandbox): { jwt: string; url: string } {
    return { jwt: tokens.issueRouter(sandbox.taskId), url: state.routerUrl() };
  }

  function byName(request: GetFromNameRequest, version: 1 | 2): object {
    const appId = apps.find(request.appName);
    const sandbox = sandboxes.byName(appId, request.sandboxName, request.includeTerminated);
    if (sandbox?.version !== version)
      throw new StatusError("NOT_FOUND", `No Sandbox is named ${request.sandboxName}`);
    return { sandboxId: sandbox.id, metadata: metadataOf(sandbox) };
  }

  function list(request: ListRequest, include: (sandbox: Sandbox) => boolean): object {
    const found = sandboxes.list({
      ...(request.appId !== "" && { appId: request.appId }),
      tags: readTags(request.tags),
      includeFinished: request.includeFinished,
      before: request.beforeTimestamp,
    });
    return {
      sandboxes: found.filter(include).map((sandbox) => ({
        id: sandbox.id,
        createdAt: sandbox.createdAt / 1000,
        appId: sandbox.definition.appId,
        tags: writeTags(sandbox.tags),
        name: sandbox.name ?? "",
      })),
    };
  }

  return {
    ...handlers,
    SandboxGetTaskIdV2: handlers.SandboxGetTaskId,
    SandboxGetTunnelsV2: handlers.SandboxGetTunnels,
    SandboxWaitV2: handlers.SandboxWait,
    SandboxTerminateV2: handlers.SandboxTerminate,
    SandboxTagsGetV2: handlers.SandboxTagsGet,
    SandboxTagsSetV2: handlers.SandboxTagsSet,
  };
}

function metadataOf(sandbox: Sandbox): object {
  return { appId: sandbox.definition.appId, ...(sandbox.result && { result: sandbox.result }) };
}

function tunnelsOf(sandbox: Sandbox): object[] {
  return (sandbox.machine?.tunnels ?? []).map((tunnel) => ({
    host: tunnel.host,
    port: tunnel.port,
    containerPort: tunnel.containerPort,
    ...(tunnel.unencryptedPort !== undefined && {
      unencryptedHost: tunnel.host,
      unencryptedPort: tunnel.unencryptedPort,
    }),
  }));
}
