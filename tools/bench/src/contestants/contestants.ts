import { connectFastMcp } from "../callers/fastmcp.ts";
import { connectGrpc } from "../callers/grpc.ts";
import { connectHttp } from "../callers/http.ts";
import { connectRaw, connectRawInPlace } from "../callers/raw.ts";
import { alternative } from "./alternative.ts";
import type { Contestant } from "./contestant.ts";
import { seer } from "./seer.ts";

const rayHealth = "/-/healthz";

/** All contestants; the first is the limit to which the others are compared. */
export const contestants: readonly Contestant[] = [
  alternative({ name: "raw TCP", server: "raw", connect: () => connectRaw }),
  alternative({
    name: "raw TCP in place",
    server: "raw",
    connect: () => connectRawInPlace,
    onlyTypeScript: true,
  }),
  alternative({ name: "relay", server: "relay", caller: "raw", connect: () => connectRaw }),
  seer,
  alternative({ name: "http.server", server: "http", connect: () => connectHttp() }),
  alternative({ name: "FastAPI", server: "fastapi", caller: "http", connect: () => connectHttp() }),
  alternative({
    name: "gRPC",
    server: "grpc",
    connect: ({ tunnel }) => connectGrpc(() => tunnel.certificate),
  }),
  alternative({ name: "RPyC", server: "rpyc" }),
  alternative({ name: "Pyro5", server: "pyro" }),
  alternative({ name: "FastMCP", server: "fastmcp", connect: () => connectFastMcp }),
  alternative({
    name: "Ray Serve",
    server: "ray",
    caller: "http",
    connect: () => connectHttp({ healthPath: rayHealth }),
    healthPath: rayHealth,
    heavy: true,
    env: { RAY_AUTH_MODE: "disabled", RAY_USAGE_STATS_ENABLED: "0", RAY_SERVE_LOG_TO_STDERR: "0" },
  }),
];
