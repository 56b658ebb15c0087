import type { EmulatorState } from "../emulator-state.ts";
import type { Handlers } from "../wire/call-context.ts";

interface AppGetOrCreateRequest {
  appName: string;
  environmentName: string;
  objectCreationType: number;
}

interface SecretGetOrCreateRequest {
  deploymentName: string;
  envDict: Record<string, string>;
  requiredKeys: string[];
}

interface VolumeGetOrCreateRequest {
  deploymentName: string;
  objectCreationType: number;
  version: number;
}

const BUILDER_VERSION = "2025.06";

/** Tokens, environments, apps, secrets and volumes. */
export function accountHandlers(state: EmulatorState): Handlers {
  const { apps, secrets, volumes, tokens } = state;
  return {
    AuthTokenGet: () => ({ token: tokens.issueAuth() }),

    EnvironmentGetOrCreate: ({ deploymentName }: { deploymentName: string }) => ({
      environmentId: "en-emulated",
      metadata: { name: deploymentName || "main", settings: { imageBuilderVersion: BUILDER_VERSION } },
    }),

    AppGetOrCreate({ appName, environmentName, objectCreationType }: AppGetOrCreateRequest) {
      const appId = apps.getOrCreate(appName, objectCreationType);
      return { appId, handleMetadata: { appId, description: appName, environmentName } };
    },

    SecretGetOrCreate({ deploymentName, envDict, requiredKeys }: SecretGetOrCreateRequest) {
      return {
        secretId:
          deploymentName === "" ? secrets.create(envDict) : secrets.findByName(deploymentName, requiredKeys),
      };
    },

    SecretDelete: ({ secretId }: { secretId: string }) => secrets.delete(secretId),

    VolumeGetOrCreate({ deploymentName, objectCreationType, version }: VolumeGetOrCreateRequest) {
      const volume = volumes.getOrCreate({ name: deploymentName, creation: objectCreationType, version });
      return { volumeId: volume.id, metadata: { version: volume.version, name: volume.name ?? "" } };
    },

    VolumeHeartbeat: ({ volumeId }: { volumeId: string }) => volumes.require(volumeId),

    VolumeDelete: ({ volumeId }: { volumeId: string }) => volumes.delete(volumeId),
  };
}
