from __future__ import annotations

import errno
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seer_tools.copy_trees import Copy

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(__file__).parent.parent / "src" / "seer_tools" / "copy_trees.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "from"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "text").write_text("text")
    (root / "empty").touch()
    return root


def copy(source: Path) -> Path:
    target = source.parent / "to"
    Copy(str(source), str(target)).run()
    return target


def test_keeps_modes_and_times(tree: Path) -> None:
    script = tree / "run.sh"
    script.write_text("#!/bin/sh")
    script.chmod(0o751)
    os.utime(script, ns=(1_000_000_000, 2_000_000_001))
    (tree / "deep").chmod(0o2750)
    (tree / "private").write_text("")
    (tree / "private").chmod(0o600)
    target = copy(tree)
    assert (target / "run.sh").stat().st_mode & 0o7777 == 0o751
    assert (target / "run.sh").stat().st_mtime_ns == 2_000_000_001
    assert (target / "deep").stat().st_mode & 0o7777 == 0o2750
    assert (target / "private").stat().st_mode & 0o7777 == 0o600
    assert (target / "deep" / "er" / "text").read_text() == "text"
    assert (target / "empty").read_bytes() == b""


def test_links_stay_links(tree: Path) -> None:
    (tree / "to-file").symlink_to("deep/er/text")
    (tree / "to-directory").symlink_to("/etc")
    (tree / "dangling").symlink_to("/no/such/thing")
    os.link(tree / "deep" / "er" / "text", tree / "same")
    target = copy(tree)
    assert os.readlink(target / "to-file") == "deep/er/text"
    assert os.readlink(target / "to-directory") == "/etc"
    assert os.readlink(target / "dangling") == "/no/such/thing"
    assert (target / "same").samefile(target / "deep" / "er" / "text")
    assert not (target / "same").samefile(tree / "same")


def test_holes_stay_holes(tree: Path) -> None:
    size = 1 << 30
    with open(tree / "sparse", "wb") as file:
        file.write(b"begin")
        file.seek(size // 2)
        file.write(b"middle")
        file.truncate(size)
    target = copy(tree)
    found = (target / "sparse").stat()
    assert found.st_size == size
    assert found.st_blocks * 512 < 1 << 20
    with open(target / "sparse", "rb") as file:
        assert file.read(5) == b"begin"
        file.seek(size // 2)
        assert file.read(7) == b"middle\0"


def test_copies_large_files_completely(tree: Path) -> None:
    content = os.urandom(5_000_000)
    (tree / "large").write_bytes(content)
    assert (copy(tree) / "large").read_bytes() == content


def test_copies_without_kernel_support(tree: Path) -> None:
    content = os.urandom(3_000_000)
    (tree / "large").write_bytes(content)
    # As between file systems, where neither block sharing nor, on older kernels, copy_file_range works.
    work = Copy(str(tree), str(tree.parent / "to"))
    work._clones = work._copies_in_kernel = False  # pyright: ignore[reportPrivateUsage]
    work.run()
    assert (tree.parent / "to" / "large").read_bytes() == content


def test_sockets_and_pipes_are_left_out(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(tree)
    try:
        listener.bind("socket")
    finally:
        os.chdir(here)
    with listener:
        assert sorted(os.listdir(copy(tree))) == ["deep", "empty"]


def test_tolerates_files_that_change_during_the_copy(tree: Path) -> None:
    stop = threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            for index in range(50):
                (tree / f"come-{index}").write_bytes(b"x" * 10_000)
            for index in range(50):
                (tree / f"come-{index}").unlink()

    for index in range(200):
        (tree / f"stays-{index}").write_text(str(index))
    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for round in range(10):
            target = tree.parent / f"to-{round}"
            Copy(str(tree), str(target)).run()
            assert [(target / f"stays-{index}").read_text() for index in range(200)] == [
                str(index) for index in range(200)
            ]
    finally:
        stop.set()
        thread.join()


def test_does_not_follow_a_link_that_replaces_a_directory(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            os.rename(tree / "deep", tree / "aside")
            (tree / "deep").symlink_to(outside)
            (tree / "deep").unlink()
            os.rename(tree / "aside", tree / "deep")

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        for round in range(100):
            target = tree.parent / f"to-{round}"
            Copy(str(tree), str(target)).run()
            deep = target / "deep"
            assert deep.is_symlink() or not (deep / "secret").exists()
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("other", ["file", "directory", "link"])
def test_survives_entries_that_change_their_type(tree: Path, other: str) -> None:
    stop = threading.Event()
    make: dict[str, Callable[[Path], object]] = {
        "file": lambda path: path.write_text("x"),
        "directory": lambda path: path.mkdir(),
        "link": lambda path: path.symlink_to("deep"),
    }

    def swap(name: str) -> None:
        for index in itertools.count():
            if stop.is_set():
                return
            aside = tree / f"{name}-{index % 3}"
            make[other if index % 2 else "link" if other != "link" else "file"](aside)
            remove(tree / name)
            os.rename(aside, tree / name)

    def remove(path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)

    threads = [threading.Thread(target=swap, args=(f"name-{index}",)) for index in range(2)]
    for thread in threads:
        thread.start()
    try:
        for round in range(100):
            work = Copy(str(tree), str(tree.parent / f"to-{round}"))
            work.run()
            assert work.left_out == []
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_leaves_out_and_names_unreadable_entries(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "leased").write_text("x")
    real = os.open

    # Simulated, because tests may run as root.
    def denied(name: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if dir_fd is not None and flags & os.O_CREAT == 0 and name in refused:
            raise OSError(refused[name], "refused")
        return real(name, flags, *rest, dir_fd=dir_fd)

    refused = {"er": errno.EACCES, "leased": errno.EAGAIN}
    monkeypatch.setattr(os, "open", denied)
    work = Copy(str(tree), str(tree.parent / "to"))
    work.run()
    assert sorted(work.left_out) == [str(tree / "deep" / "er"), str(tree / "leased")]
    assert sorted(os.listdir(tree.parent / "to")) == sorted({*os.listdir(tree)} - {"leased"})


def test_fails_on_a_disk_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: int) -> int:
        raise OSError(errno.EIO, "Input/output error")

    (tree / "empty").unlink()
    monkeypatch.setattr(os, "ftruncate", broken)
    with pytest.raises(OSError, match="Input/output error") as caught:
        Copy(str(tree), str(tree.parent / "to")).run()
    assert caught.value.filename == str(tree / "deep" / "er" / "text")


def test_leaves_out_and_names_directories_that_are_too_deep(tree: Path) -> None:
    here = Path.cwd()
    os.chdir(tree)
    try:
        for _ in range(450):
            os.mkdir("x")
            os.chdir("x")
    finally:
        os.chdir(here)
    work = Copy(str(tree), str(tree.parent / "to"))
    work.run()
    (left_out,) = work.left_out
    assert left_out.startswith(f"{tree}/x/x/x")
    assert (tree.parent / "to" / "empty").exists()


def test_copies_a_hard_link_whose_first_name_disappeared(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "a").write_text("content")
    os.link(tree / "a", tree / "b")
    (tree.parent / "to").mkdir()
    real = os.open

    def no_first(name: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if flags & os.O_CREAT and name in ("a", "b") and not gone:
            gone.append(name)
            raise OSError(errno.ENOENT, "gone")
        return real(name, flags, *rest, dir_fd=dir_fd)

    gone: list[str] = []
    monkeypatch.setattr(os, "open", no_first)
    Copy(str(tree), str(tree.parent / "to")).run()
    (other,) = {"a", "b"} - {*gone}
    assert (tree.parent / "to" / other).read_text() == "content"


def test_reports_a_full_disk_by_its_exit_code(tree: Path) -> None:
    (tree / "file").write_text("x")
    code = (
        "import errno, os, runpy, sys\n"
        "def full(*_):\n    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.copy_file_range = os.pwrite = full\n"
        f"sys.argv = ['copy', {str(tree)!r}, {str(tree.parent / 'to')!r}]\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 28
    assert "No space left on device" in done.stdout


def test_prints_the_copied_bytes(tree: Path) -> None:
    (tree / "file").write_bytes(b"x" * 100_000)
    command = [sys.executable, SCRIPT, tree, tree.parent / "to", tree / "deep", tree.parent / "two"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["bytes"] >= 100_000
    assert (tree.parent / "two" / "er" / "text").read_text() == "text"


def test_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, tmp_path / "nothing", tmp_path / "to"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path / 'nothing'}: No such file or directory\n"
