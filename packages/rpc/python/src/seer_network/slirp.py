"""Starts slirp4netns, which connects a network namespace to the internet."""

from __future__ import annotations

import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_INTERFACE = "tap0"
_READY_SECONDS = 10.0


def start_slirp(pid: int) -> None:
    """Starts slirp4netns for the namespace of a process, and waits until its interface is ready.

    It ends with this process.
    """
    ready, when_ready = os.pipe()
    # slirp4netns exits when this pipe closes, which happens when this process ends.
    ended, _until_end = os.pipe()
    output_file = os.memfd_create("slirp4netns")
    options = ["--configure", "--mtu=65520", "--disable-host-loopback"]
    options += [f"--ready-fd={when_ready}", f"--exit-fd={ended}"]
    # Not `subprocess`, because its import takes longer than everything else here.
    child = os.fork()
    if child == 0:
        _exec(["slirp4netns", *options, str(pid), _INTERFACE], output_file, [when_ready, ended])
    os.close(when_ready)
    os.close(ended)
    in_time, _, _ = select.select([ready], [], [], _READY_SECONDS)
    if in_time and os.read(ready, 1):
        return
    os.kill(child, 9)
    os.waitpid(child, 0)
    lines = os.pread(output_file, 65536, 0).decode(errors="replace").strip().splitlines()
    raise OSError(f"slirp4netns failed: {lines[-1] if lines else 'it did not become ready'}")


def _exec(command: list[str], output: int, inherited: list[int]) -> NoReturn:
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor, source in enumerate((nothing, nothing, output)):
            os.dup2(source, descriptor)
        for descriptor in inherited:
            os.set_inheritable(descriptor, True)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(output, str(error).encode())
    finally:
        os._exit(1)
