"""FastMCP over streamable HTTP, stateless and with plain JSON answers, its fastest; arrays as base64 text."""

from __future__ import annotations

import asyncio
import base64
import socket

import numpy as np
from fastmcp import FastMCP
from mcp.server import streamable_http_manager
from shared import work
from shared.lifeline import announce
from shared.uvicorn import run

# FastMCP has no option for the SDK's limit of 4 MiB on a request, which the upload would not pass.
manager = streamable_http_manager.StreamableHTTPSessionManager
*others, _limit, sessions = manager.__init__.__defaults__ or ()
manager.__init__.__defaults__ = (*others, 2**30, sessions)

mcp = FastMCP("bench")


@mcp.tool
async def echo(value: str) -> str:
    return value


@mcp.tool
async def numbers(value: list[float]) -> list[float]:
    return value


@mcp.tool
async def floats() -> str:
    return base64.b64encode(work.FLOATS.tobytes()).decode()


@mcp.tool
async def take(value: str) -> int:
    return len(np.frombuffer(base64.b64decode(value), np.float32))


@mcp.tool
async def nap() -> None:
    await asyncio.sleep(work.NAP_SECONDS)


@mcp.tool
async def hold(value: int) -> int:
    return await asyncio.to_thread(work.hold, value)


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
announce(listener.getsockname()[1])
run(mcp.http_app(json_response=True, stateless_http=True), listener)
