from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
from fastmcp import Client

if TYPE_CHECKING:
    from shared.target import Target


class AsyncCaller:
    def __init__(self, target: Target) -> None:
        host = f"https://localhost:{target.port}" if target.certificate else f"http://127.0.0.1:{target.port}"
        self._client: Any = Client(f"{host}/mcp", verify=target.certificate)

    async def open(self) -> None:
        await self._client.__aenter__()

    async def echo(self, value: str) -> Any:
        return await self._call("echo", value)

    async def numbers(self, value: list[float]) -> Any:
        return await self._call("numbers", value)

    async def floats(self) -> np.ndarray:
        return np.frombuffer(base64.b64decode(await self._call("floats")), np.float32)

    async def take(self, array: np.ndarray) -> Any:
        return await self._call("take", base64.b64encode(memoryview(array)).decode())

    async def nap(self) -> Any:
        return await self._call("nap")

    async def hold(self, count: int) -> Any:
        return await self._call("hold", count)

    async def health(self) -> Any:
        # The newest version of MCP has no ping.
        return await self._call("echo", "")

    async def _call(self, tool: str, *value: Any) -> Any:
        return (await self._client.call_tool(tool, {"value": value[0]} if value else {})).data
