import { fileURLToPath } from "node:url";
import { loadPackageDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition, type PackageDefinition } from "@grpc/proto-loader";

const directory = fileURLToPath(new URL("../../proto/", import.meta.url));

const definition: PackageDefinition = loadSync(["modal-client.proto", "task-command-router.proto"], {
  includeDirs: [directory],
  longs: Number,
  defaults: true,
});

const loaded = loadPackageDefinition(definition);

/** The two services as `@grpc/grpc-js` serves them. */
export const services = {
  control: service("modal.client.ModalClient"),
  router: service("modal.task_command_router.TaskCommandRouter"),
};

/** One message, encoded: for the details of a status, which travel as bytes. */
export function encodeMessage(name: string, value: object): Buffer {
  return (definition[name] as MessageTypeDefinition<object, object>).serialize(value);
}

function service(name: string): ServiceDefinition {
  let found: unknown = loaded;
  for (const part of name.split(".")) found = (found as Record<string, unknown>)[part];
  return (found as { service: ServiceDefinition }).service;
}
