"""Ray Serve: one replica behind its HTTP proxy, with the same raw bodies as the other HTTP servers."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np
import ray
from ray import serve
from shared import work
from shared.lifeline import announce
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request


@serve.deployment(max_ongoing_requests=128)
class Bench:
    async def __call__(self, request: Request) -> Response:
        operation = request.url.path.rpartition("/")[2]
        if operation == "floats":
            return Response(work.FLOATS.tobytes(), media_type="application/octet-stream")
        body = await request.body()
        if operation == "take":
            return JSONResponse(len(np.frombuffer(body, np.float32)))
        value: Any = json.loads(body)["value"]
        if operation == "nap":
            await asyncio.sleep(work.NAP_SECONDS)
        elif operation == "hold":
            value = await asyncio.to_thread(work.hold, value)
        return JSONResponse(value)


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    directory = tempfile.mkdtemp(prefix="seer-bench-")
    ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=256 * 2**20,
        runtime_env={"env_vars": {"PYTHONPATH": os.environ["PYTHONPATH"]}},
        _node_ip_address="127.0.0.1",
        _temp_dir=directory,
    )
    http = {"host": "127.0.0.1", "port": port, "keep_alive_timeout_s": 3600}
    serve.start(http_options=http, logging_config={"enable_access_log": False})
    serve.run(Bench.options(ray_actor_options={"num_cpus": 1}).bind(), route_prefix="/")

    def finish() -> None:
        ray.shutdown()
        shutil.rmtree(directory, ignore_errors=True)

    announce(port, finish)


main()
