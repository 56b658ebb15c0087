from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from seer_tools.copy_trees import Copy

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


def test_what_files_are_is_kept(tree: Path) -> None:
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


def test_large_files_come_whole(tree: Path) -> None:
    content = os.urandom(5_000_000)
    (tree / "large").write_bytes(content)
    assert (copy(tree) / "large").read_bytes() == content


def test_it_copies_where_the_kernel_cannot(tree: Path) -> None:
    content = os.urandom(3_000_000)
    (tree / "large").write_bytes(content)
    # Between file systems there is neither sharing of blocks nor, on older kernels, copying by the kernel.
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


def test_files_may_change_meanwhile(tree: Path) -> None:
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


def test_a_link_in_place_of_a_directory_leads_nowhere(tree: Path, tmp_path: Path) -> None:
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
        for round in range(300):
            target = tree.parent / f"to-{round}"
            Copy(str(tree), str(target)).run()
            deep = target / "deep"
            assert deep.is_symlink() or not (deep / "secret").exists()
    finally:
        stop.set()
        thread.join()


def test_a_full_disk_is_told_apart(tree: Path) -> None:
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


def test_the_script_says_what_it_copied(tree: Path) -> None:
    (tree / "file").write_bytes(b"x" * 100_000)
    command = [sys.executable, SCRIPT, tree, tree.parent / "to", tree / "deep", tree.parent / "two"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["bytes"] >= 100_000
    assert (tree.parent / "two" / "er" / "text").read_text() == "text"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, tmp_path / "nothing", tmp_path / "to"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == f"{tmp_path / 'nothing'}: No such file or directory\n"
