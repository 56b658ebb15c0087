"""Loading an edited file under the same port and tokens."""

from __future__ import annotations

import os
import re
import signal
import textwrap
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hosting import CALL_TOKEN, Failed, RunningHost, is_alive, wait_until

if TYPE_CHECKING:
    from conftest import Serve

_VERSION = """
    import os, time
    from collections.abc import Iterator

    @expose
    def version() -> int:
        return {version}

    @expose
    def pid() -> int:
        return os.getpid()

    @expose
    def wait_for(path: str) -> list:
        while not os.path.exists(path):
            time.sleep(0.01)
        return [{version}, os.getpid()]

    @expose(concurrency=4)
    def wait_beside(path: str) -> list:
        return wait_for(path)

    @expose
    def count(path: str) -> Iterator[list]:
        for i in range(3):
            yield [{version}, i]
            while not os.path.exists(path):
                time.sleep(0.01)

    @expose
    def keep() -> object:
        return expose.ref([{version}])

    @expose
    def fail() -> None:
        raise ValueError("version {version}")
"""


def edit(host: RunningHost, source: str) -> None:
    host.file.write_text(textwrap.dedent(source))


def reload(host: RunningHost) -> dict[str, Any]:
    response = host.request("POST", "/reload?wait=60", timeout=90)
    if response.status != 200:
        raise Failed(response.error)
    return response.json


def version(number: int) -> str:
    return _VERSION.format(version=number)


def begin(host: RunningHost, function: str, *args: Any) -> list[Any]:
    """Starts a call in a thread; what it returned or raised is in the list when it has ended."""
    outcome: list[Any] = []

    def call() -> None:
        try:
            outcome.append(host.call(function, *args))
        except Failed as failed:
            outcome.append(failed)

    running = host.health()["running"]
    threading.Thread(target=call, daemon=True).start()
    wait_until(lambda: host.health()["running"] == running + 1)
    return outcome


def test_an_edited_file_serves_under_the_same_port_and_tokens(serve: Serve) -> None:
    host = serve(version(1))
    assert host.interface()["revision"] == host.health()["revision"] == 1
    websocket = host.websocket()
    assert websocket.hello["revision"] == 1
    edit(host, version(2) + "\n    @expose\n    def added() -> str:\n        return 'new'\n")
    interface = reload(host)
    assert interface["revision"] == 2
    assert "added" in [function["name"] for function in interface["functions"]]
    assert interface == host.interface() == host.request("GET", "/reload").json
    assert host.call("version") == 2
    assert host.call("added") == "new"
    health = host.health()
    assert (health["revision"], health["restarts"], health["state"]) == (2, 0, "idle")
    assert websocket.receive().header == {"op": "interface", "revision": 2}
    websocket.send({"op": "call", "id": "c", "function": "version"}, {})
    assert websocket.outcome("c") == 2


_BAD_EDITS = {
    "syntax": ("def broken(:\n", "interface.py:1: "),
    "raises": ("raise KeyError('layer')\n", "KeyError"),
    "import": ("import no_such_module\n", "no_such_module"),
    "nothing exposed": ("x = 1\n", "exposes no function"),
    "exits": ("import os\nos._exit(3)\n", "exited with code 3"),
    "sys.exit": ("import sys\nsys.exit(4)\n", "sys.exit(4)"),
    "crashes": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "SIGSEGV"),
}


@pytest.mark.parametrize("name", _BAD_EDITS)
def test_a_bad_edit_is_reported_and_the_old_version_goes_on(serve: Serve, name: str) -> None:
    source, message = _BAD_EDITS[name]
    host = serve(version(1))
    pid = host.call("pid")
    edit(host, source)
    with pytest.raises(Failed, match=re.escape(message)) as failed:
        reload(host)
    assert failed.value.code == "load-failed"
    assert host.request("GET", "/reload").error == failed.value.error
    assert host.health()["state"] == "idle"
    assert host.health()["revision"] == host.interface()["revision"] == 1
    assert host.call("pid") == pid
    # Also after a crash: the edit is not what was served.
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: host.health()["restarts"] == 1 and host.health()["state"] == "idle")
    assert host.call("version") == 1
    assert host.health()["revision"] == 1
    edit(host, version(3))
    assert reload(host)["revision"] > 1
    assert host.call("version") == 3


def test_a_file_that_is_gone_is_reported(serve: Serve) -> None:
    host = serve(version(1))
    host.file.unlink()
    with pytest.raises(Failed, match="does not exist"):
        reload(host)
    assert host.call("version") == 1


@pytest.mark.parametrize("function", ["wait_for", "wait_beside", "count"])
def test_calls_in_flight_finish_on_the_old_worker(serve: Serve, function: str) -> None:
    host = serve(version(1))
    gate = host.file.with_name("gate")
    old = host.call("pid")
    outcome = begin(host, function, str(gate))
    edit(host, version(2))
    reload(host)
    assert host.call("version") == 2
    assert host.health()["running"] == 1
    assert not outcome
    gate.touch()
    wait_until(lambda: bool(outcome))
    assert outcome == [[[1, 0], [1, 1], [1, 2]] if function == "count" else [1, old]]
    wait_until(lambda: not is_alive(old))


def test_calls_that_wait_run_in_the_new_version_if_their_function_is_still_there(serve: Serve) -> None:
    host = serve(version(1))
    gate = host.file.with_name("gate")
    blocking = begin(host, "wait_for", str(gate))
    websocket = host.websocket()
    big = "x" * 100_000  # too large to be dispatched before its turn
    edit(host, version(2).replace("def count(path", "def counted(path"))
    websocket.send({"op": "call", "id": "kept", "function": "wait_for"}, [str(gate) + " " * 0])
    websocket.send({"op": "call", "id": "gone", "function": "count"}, [big])
    wait_until(lambda: host.health()["waiting"] == 2)
    reload(host)
    with pytest.raises(Failed, match="count"):
        websocket.outcome("gone")
    gate.touch()
    assert websocket.outcome("kept")[0] in (1, 2)  # it may have been dispatched before the reload
    wait_until(lambda: bool(blocking))
    assert blocking[0][0] == 1


@pytest.mark.parametrize("function", ["wait_for", "wait_beside"])
def test_a_call_on_the_old_worker_can_be_cancelled(serve: Serve, function: str) -> None:
    host = serve(version(1))
    old = host.call("pid")
    websocket = host.websocket()
    websocket.send({"op": "call", "id": "c", "function": function}, [str(host.file.with_name("never"))])
    wait_until(lambda: host.health()["running"] == 1)
    edit(host, version(2))
    reload(host)
    websocket.send({"op": "cancel", "id": "c"})
    with pytest.raises(Failed, match="cancelled"):
        websocket.outcome("c")
    wait_until(lambda: not is_alive(old))
    assert host.call("version") == 2


def test_a_call_that_dies_with_the_old_worker_says_so_and_the_new_one_stays(serve: Serve) -> None:
    host = serve(version(1))
    old = host.call("pid")
    outcome = begin(host, "wait_for", str(host.file.with_name("never")))
    edit(host, version(2))
    reload(host)
    new = host.call("pid")
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: bool(outcome))
    assert outcome[0].code == "worker-died"
    assert outcome[0].error["details"]["signal"] == "SIGKILL"
    assert host.call("pid") == new
    assert host.health()["restarts"] == 0


def test_a_later_edit_takes_the_place_of_one_that_still_loads(serve: Serve) -> None:
    host = serve(version(1))
    edit(host, "import time\ntime.sleep(3600)\n")
    outcomes: list[int] = []

    def first() -> None:
        outcomes.append(reload(host)["revision"])

    thread = threading.Thread(target=first)
    thread.start()
    wait_until(lambda: host.request("GET", "/reload").status == 503)
    assert host.call("version") == 1
    edit(host, version(3))
    assert reload(host)["revision"] == 3
    thread.join(60)
    assert outcomes == [3]
    assert host.call("version") == 3


def test_a_reload_that_still_loads_can_be_cancelled(serve: Serve) -> None:
    host = serve(version(1))
    old = host.call("pid")
    loading = host.file.with_name("loading")
    edit(host, f"import os, time\nopen({str(loading)!r}, 'w').write(str(os.getpid()))\ntime.sleep(3600)\n")
    outcomes: list[Failed] = []

    def first() -> None:
        with pytest.raises(Failed) as failed:
            reload(host)
        outcomes.append(failed.value)

    thread = threading.Thread(target=first)
    thread.start()
    wait_until(lambda: loading.exists() and loading.read_text() != "", 60)
    health = host.request("DELETE", "/reload").json
    assert (health["state"], health["revision"]) == ("idle", 1)
    thread.join(60)
    assert [failed.code for failed in outcomes] == ["cancelled"]
    wait_until(lambda: not is_alive(int(loading.read_text())), 60)
    assert host.call("pid") == old
    # There is nothing left to cancel, and the next reload is another one.
    assert host.request("DELETE", "/reload").status == 200
    edit(host, version(3))
    assert reload(host)["revision"] == 3


def test_a_file_that_did_not_load_at_first_is_loaded(serve: Serve) -> None:
    host = serve("import no_such_module\n", load=False)
    with pytest.raises(Failed, match="no_such_module"):
        host.interface()
    edit(host, version(2))
    reload(host)
    assert host.call("version") == 2
    assert host.health()["state"] == "idle"


def test_a_reload_needs_the_admin_token(serve: Serve) -> None:
    host = serve(version(1))
    for method in ("GET", "POST", "DELETE"):
        assert host.request(method, "/reload", token=CALL_TOKEN).status == 403


def test_references_stay_with_the_old_worker(serve: Serve) -> None:
    host = serve(version(1))
    reference = host.call("keep")
    edit(host, version(2))
    reload(host)
    assert host.request("GET", "/refs").json == {"refs": []}
    assert host.request("DELETE", f"/refs/{reference['id']}").status == 404


def test_a_restart_loads_the_edited_file(serve: Serve) -> None:
    host = serve(version(1))
    edit(host, version(2))
    host.request("POST", "/restart")
    assert host.interface()["revision"] == 2
    assert host.call("version") == 2


def test_a_traceback_shows_the_lines_that_run_not_those_of_a_later_edit(serve: Serve) -> None:
    host = serve(version(1))
    edit(host, "# edited\n" * 100)
    with pytest.raises(Failed) as failed:
        host.call("fail")
    assert 'raise ValueError("version 1")' in failed.value.error["traceback"]


def test_a_large_file_is_loaded(serve: Serve) -> None:
    # More than the worker's socket holds before the worker has started.
    host = serve(version(1) + "\n    # " + "x" * 20_000_000 + "\n")
    assert host.call("version") == 1
