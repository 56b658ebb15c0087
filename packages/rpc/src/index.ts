export type {
  AttachOptions,
  CallArguments,
  CallOptions,
  CallProgress,
  OutputStream,
  StreamOptions,
} from "./call/call-options.ts";
export type { RequestOptions } from "./connect/request.ts";
export type { CallRecord } from "./describe/call-record.ts";
export type { Health, HostState } from "./describe/health.ts";
export {
  type FunctionDescription,
  type InterfaceDescription,
  type ParameterDescription,
  parseInterface,
  type ServedInterface,
} from "./describe/interface-description.ts";
export type { JsonSchema } from "./describe/json-schema.ts";
export { RemoteError, RpcError, type RpcErrorCode, type RpcErrorOptions, type WireError } from "./errors.ts";
export { type ConnectOptions, RpcClient } from "./rpc-client.ts";
export type { DataOf, DType, TypedArray } from "./values/dtypes.ts";
export { NdArray, type NestedList } from "./values/nd-array.ts";
export { Picture } from "./values/picture.ts";
export { RemoteRef } from "./values/remote-ref.ts";
