"""FastAPI on uvicorn; `async` handlers, which are its fastest, and raw bodies for arrays."""

from __future__ import annotations

import asyncio
import socket

import numpy as np
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from shared import work
from shared.lifeline import announce
from shared.uvicorn import run


class Text(BaseModel):
    value: str


class Numbers(BaseModel):
    value: list[float]


class Count(BaseModel):
    value: int


app = FastAPI()


@app.post("/echo")
async def echo(body: Text) -> str:
    return body.value


@app.post("/numbers")
async def numbers(body: Numbers) -> list[float]:
    return body.value


@app.get("/floats")
async def floats() -> Response:
    return Response(memoryview(work.FLOATS).cast("B"), media_type="application/octet-stream")


@app.post("/take")
async def take(request: Request) -> int:
    return len(np.frombuffer(await request.body(), np.float32))


@app.post("/nap")
async def nap() -> None:
    await asyncio.sleep(work.NAP_SECONDS)


@app.post("/hold")
def hold(body: Count) -> int:
    return work.hold(body.value)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"state": "ok"}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    announce(listener.getsockname()[1])
    run(app, listener)
