"""Output arrives before what follows it, whichever way it was printed and whatever became of `sys.stdout`."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hosting import Failed, RunningHost, running, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Serve

_WAYS = """
import codecs
import contextlib
import ctypes
import faulthandler
import io
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

libc = ctypes.CDLL(None)
pool = ThreadPoolExecutor(1)
logging.basicConfig(format="%(message)s", level="INFO")

def descriptor(text): os.write(1, text.encode() + b"\\n")
def descriptor_of_stderr(text): os.write(2, text.encode())
def printf(text): libc.printf(b"%s\\n", text.encode())
def unfinished_printf(text): libc.printf(b"%s", text.encode())
def child(text): subprocess.run(["echo", text], check=True)
def python_child(text): subprocess.run([sys.executable, "-c", f"print({text!r}, end='')"], check=True)
def unfinished(text): print(text, end="")
def buffer(text): sys.stdout.buffer.write(text.encode())
def original(text): print(text, file=sys.__stdout__)
def original_stderr(text): print(text, file=sys.__stderr__)
def logged(text): logging.info(text)
def opened(text):
    with open(1, "w", closefd=False) as file:
        print(text, file=file)
def thread(text):
    thread = threading.Thread(target=print, args=(text,), kwargs={"end": ""})
    thread.start()
    thread.join()
def pooled(text): pool.submit(print, text, end="").result()
def forked(text):
    if (pid := os.fork()) == 0:
        print(text, end="", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
def dumped(text):
    print(text)
    faulthandler.dump_traceback(file=sys.stderr)
"""
_NAMES = (
    *("descriptor", "descriptor_of_stderr", "printf", "unfinished_printf", "child", "python_child"),
    *(
        "unfinished",
        "buffer",
        "original",
        "original_stderr",
        "logged",
        "opened",
        "thread",
        "pooled",
        "forked",
    ),
    "dumped",
)
_FUNCTIONS = """
@expose
def say(way: str, text: str) -> str:
    globals()[way](text)
    return "said"

@expose(concurrency=2)
def say_concurrently(way: str, text: str) -> str:
    globals()[way](text)
    return "said"

@expose
async def say_async(way: str, text: str) -> str:
    globals()[way](text)
    return "said"

@expose
def say_and_fail(way: str, text: str) -> str:
    globals()[way](text)
    raise RuntimeError("failed")

@expose
def say_items(way: str) -> Iterator[int]:
    for i in range(5):
        globals()[way](f"<{i}>")
        yield i

@expose
async def say_items_async(way: str) -> AsyncIterator[int]:
    for i in range(5):
        globals()[way](f"<{i}>")
        yield i

@expose
def die(way: str, text: str) -> None:
    globals()[way](text)
    os._exit(3)
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    file = tmp_path_factory.mktemp("output") / "interface.py"
    file.write_text(_WAYS + _FUNCTIONS)
    with running(file) as started:
        started.interface()
        yield started


def output_before_end(host: RunningHost, call_id: str, function: str, **arguments: Any) -> str:
    """What a WebSocket brings of a call's output before its result."""
    socket = host.websocket()
    socket.call(call_id, function, arguments, output=True)
    output = ""
    while (message := socket.receive_op("output", "result", "error")).header["op"] == "output":
        output += value_of(message)
    socket.close()
    return output


@pytest.mark.parametrize("way", _NAMES)
def test_output_just_before_the_end(host: RunningHost, way: str) -> None:
    for i in range(10):
        assert f"text {i}" in output_before_end(host, f"{way}-{i}", "say", way=way, text=f"text {i}")
    for function in ("say_concurrently", "say_async", "say_and_fail"):
        assert "text" in output_before_end(host, f"{way}-{function}", function, way=way, text="text")


@pytest.mark.parametrize("function", ["say_items", "say_items_async"])
@pytest.mark.parametrize("way", ["descriptor", "unfinished_printf", "child", "unfinished", "thread"])
def test_output_before_each_item(host: RunningHost, way: str, function: str) -> None:
    socket = host.websocket()
    socket.call(f"{function}-{way}", function, {"way": way}, output=True)
    output, items = "", 0
    while (message := socket.receive_op("output", "item", "result")).header["op"] != "result":
        if message.header["op"] == "item":
            assert f"<{items}>" in output
            items += 1
        else:
            output += value_of(message)
    assert items == 5
    socket.close()


@pytest.mark.parametrize("way", ["descriptor", "printf", "child", "logged", "thread"])
def test_output_just_before_the_worker_ends(serve: Serve, way: str) -> None:
    host = serve(_WAYS + _FUNCTIONS)
    record = host.request(
        "POST", "/call/die", {"way": way, "text": "last words\n"}, headers={"Prefer": "record"}
    ).json
    assert record["error"]["code"] == "worker-died"
    assert "last words" in record["output"]["text"]
    assert "last words" in record["error"]["details"]["log"]


@pytest.mark.parametrize("way", ["descriptor", "unfinished_printf", "child", "unfinished", "thread"])
@pytest.mark.parametrize("end", ["", "1 / 0", "raise SystemExit(3)", "os._exit(3)"])
def test_output_just_before_the_file_has_loaded(serve: Serve, way: str, end: str) -> None:
    if way in ("unfinished_printf", "unfinished", "thread") and "_exit" in end:
        pytest.skip("an unfinished line is lost in every Python program that ends so")
    source = f"{_WAYS}\n@expose\ndef f(): ...\n{way}('last words')\n{end}\n"
    host = serve(source, load=False)
    if end:
        with pytest.raises(Failed):
            host.interface()
    else:
        host.interface()
    log = host.logs()
    happened = "the file did not load" if end else "loaded /"
    assert log.index("last words") < log.index(happened)


def test_much_output_that_nobody_waits_for(host: RunningHost, tmp_path: Path) -> None:
    # More than a pipe holds, so that the supervisor must read while the call goes on.
    file = tmp_path / "large"
    file.write_text("0123456789\n" * 20_000)
    (tmp_path / "interface.py").write_text(
        "import subprocess\n@expose\ndef cat() -> None:\n"
        f"    subprocess.run(['cat', {str(file)!r}], check=True)\n"
    )
    with running(tmp_path / "interface.py") as other:
        other.interface()
        assert len(output_before_end(other, "cat", "cat")) == 220_000


_REPLACED = {
    "wrapped": 'sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")',
    "wrapped twice": """
for _ in range(2):
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8")
""",
    "detached": 'sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8")',
    "opened": 'sys.stdout = open(1, "w", closefd=False)',
    "opened buffered": 'sys.stdout = open(os.dup(1), "w", buffering=1 << 16)',
    "fdopen": 'sys.stdout = os.fdopen(sys.stdout.fileno(), "w", 1, closefd=False)',
    "codecs": 'sys.stdout = codecs.getwriter("utf-8")(sys.stdout.buffer)',
    "codecs of detached": 'sys.stdout = codecs.getwriter("utf-8")(sys.stdout.detach())',
    "reconfigured": 'sys.stdout.reconfigure(encoding="utf-8", line_buffering=False)',
    "closed": "sys.stdout.close()",
    "buffer closed": "sys.stdout.buffer.close()",
    "original": "sys.stdout = sys.__stdout__",
    "wrapper of the original": "sys.stdout = io.TextIOWrapper(sys.__stdout__.buffer, write_through=False)",
    "tee": """
class Tee:
    def __init__(self, stream): self.stream = stream
    def write(self, text): return self.stream.write(text)
sys.stdout = Tee(sys.stdout)
""",
    "redirected and back": """
with contextlib.redirect_stdout(io.StringIO()):
    print("unseen")
""",
    "descriptor replaced": "os.dup2(os.dup(1), 1)",
}


@pytest.mark.parametrize("concurrent", [False, True])
@pytest.mark.parametrize("how", _REPLACED)
def test_a_replaced_stdout(serve: Serve, how: str, concurrent: bool) -> None:
    decorator = "@expose(concurrency=2)" if concurrent else "@expose"
    body = _REPLACED[how].replace("\n", "\n    ")
    host = serve(
        f"{_WAYS}\n{decorator}\ndef replace() -> str:\n    print('at first', end='')\n    {body}\n"
        f"    print('replaced', end='')\n    return 'x'\n\n"
        f"{decorator}\ndef later(text: str) -> str:\n"
        "    print(text)\n    print('to stderr', file=sys.stderr)\n    return 'x'\n"
        "@expose(concurrency=2)\ndef meet(text: str) -> None:\n"
        "    print(text)\n    gate.wait(30)\n    print(text)\n"
        "gate = threading.Barrier(2)\n"
    )
    output = output_before_end(host, "first", "replace")
    assert "at first" in output
    assert "replaced" in output
    assert "unseen" not in output
    for i in range(3):
        output = output_before_end(host, f"later-{i}", "later", text=f"text {i}")
        assert f"text {i}\n" in output
        assert "to stderr\n" in output
    if "open" in how or "codecs" in how:
        return  # what goes by the file descriptor cannot be told apart
    socket = host.websocket()
    for text in ("one", "two"):
        socket.call(text, "meet", {"text": text}, output=True)
    outputs = {"one": "", "two": ""}
    ended = 0
    while ended < 2:
        message = socket.receive_op("output", "result", "error")
        if message.header["op"] == "output":
            outputs[message.header["id"]] += value_of(message)
        else:
            ended += 1
    assert outputs == {"one": "one\none\n", "two": "two\ntwo\n"}
    socket.close()


def test_stdout_replaced_by_the_file(serve: Serve) -> None:
    for how in ("wrapped", "opened", "codecs", "closed"):
        host = serve(
            f"{_WAYS}\n{_REPLACED[how]}\nprint('loading')\n@expose\ndef f() -> None:\n    print('called')\n"
        )
        assert "loading" in host.logs()
        assert "called" in output_before_end(host, "call", "f")


def test_threads_print_for_their_call_even_beside_others(serve: Serve) -> None:
    host = serve(
        f"""{_WAYS}
gate = threading.Barrier(2)
@expose(concurrency=2)
def speak(text: str, way: str) -> None:
    gate.wait(30)
    globals()[way](text)
    gate.wait(30)
"""
    )
    for way in ("thread", "pooled", "buffer", "unfinished"):
        socket = host.websocket()
        for text in ("one", "two"):
            socket.call(f"{way}-{text}", "speak", {"text": text, "way": way}, output=True)
        outputs: dict[str, str] = {}
        for _ in range(2):
            while (message := socket.receive_op("output", "result")).header["op"] == "output":
                name = message.header["id"]
                outputs[name] = outputs.get(name, "") + value_of(message)
        assert outputs == {f"{way}-one": "one", f"{way}-two": "two"}
        socket.close()


def test_a_character_that_comes_in_two_pieces(serve: Serve) -> None:
    host = serve(
        "import sys\n@expose\ndef f() -> None:\n    for byte in 'größe\\n'.encode():\n"
        "        sys.stdout.buffer.write(bytes([byte]))\n"
    )
    assert output_before_end(host, "pieces", "f") == "größe\n"


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_c_library_that_crashes(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "crash.c").write_text(
        '#include <stdio.h>\n#include <stdlib.h>\nvoid crash(void) { printf("from C\\n"); abort(); }\n'
    )
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "crash.so", tmp_path / "crash.c"], check=True)
    host = serve(
        "import ctypes\n@expose\ndef crash() -> None:\n"
        f"    ctypes.CDLL({str(tmp_path / 'crash.so')!r}).crash()\n"
    )
    record = host.request("POST", "/call/crash", [], headers={"Prefer": "record"}).json
    assert record["error"]["details"]["signal"] == "SIGABRT"
    assert "from C\n" in record["output"]["text"]
