"""gRPC with protobuf messages; arrays are a `bytes` field, and the limit on a message's size is lifted."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import numpy as np
from shared import work
from shared.lifeline import announce

messages: Any
services: Any
messages, services = grpc.protos_and_services("servers/bench.proto")


class Bench(services.BenchServicer):
    def Echo(self, request: Any, _context: object) -> Any:
        return messages.Text(value=request.value)

    def Numbers(self, request: Any, _context: object) -> Any:
        return messages.Values(value=request.value)

    def Floats(self, _request: Any, _context: object) -> Any:
        return messages.Blob(value=work.FLOATS.tobytes())

    def Take(self, request: Any, _context: object) -> Any:
        return messages.Count(value=len(np.frombuffer(request.value, np.float32)))

    def Nap(self, _request: Any, _context: object) -> Any:
        time.sleep(work.NAP_SECONDS)
        return messages.Nothing()

    def Hold(self, request: Any, _context: object) -> Any:
        return messages.Count(value=work.hold(request.value))

    def Health(self, _request: Any, _context: object) -> Any:
        return messages.Nothing()


server = grpc.server(
    ThreadPoolExecutor(max_workers=64),
    options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
)
services.add_BenchServicer_to_server(Bench(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
announce(port)
server.wait_for_termination()
