"""`python copy_trees.py FROM TO [FROM TO]…`: copies directories into new ones, and prints
`{"bytes": N, "leftOut": [PATH…]}`.

Files share blocks if the file system supports it, and keep their holes, hard links, modes and times. Sockets,
pipes, devices and files that disappear during the copy are skipped. Untrusted processes may change the tree
meanwhile, so symbolic links are never followed, and a file or directory that cannot be read is left out and
named instead of failing the copy.

Exits with 28 when there is no space left. Standard library only.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import sys

FULL = 28
CHUNK = 1 << 20
# Linux's request for sharing the blocks of another file.
FICLONE = 0x40049409
NO_CLONE = {errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.EXDEV, errno.ENOSYS, errno.EPERM}
# The entry was removed or replaced since it was listed, or is listed twice because its directory is changing.
CHANGED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.EEXIST}
# Denied by its mode, or by a lease that a process holds on it.
UNREADABLE = {errno.EACCES, errno.EPERM, errno.EAGAIN}
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
# Each level keeps two directories open, and a process usually may have 1024 descriptors.
MAX_DEPTH = 400
MAX_NAMES = 20
MAX_NAME = 1000
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK, because opening a pipe that replaced the file would block.
SOURCE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
TARGET = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Copy:
    """Copies a tree; `bytes` is the disk usage of the copied files, `left_out` what could not be read."""

    def __init__(self, source: str, target: str) -> None:
        self.bytes = 0
        self.left_out: list[str] = []
        self._source = source
        self._target = target
        self._clones = sys.platform == "linux"
        self._copies_in_kernel = hasattr(os, "copy_file_range")
        # The first target path of each file that has several hard links.
        self._linked: dict[tuple[int, int], str] = {}
        self._root = -1

    def run(self) -> None:
        source = os.open(self._source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.makedirs(self._target, mode=0o700, exist_ok=True)
        self._root = os.open(self._target, DIRECTORY)
        self._directory(source, os.dup(self._root), "", 0)
        os.close(self._root)

    def _directory(self, source: int, target: int, path: str, depth: int) -> None:
        """Copies a directory's entries, then its mode and times; closes both descriptors."""
        try:
            for name in os.listdir(source):
                try:
                    self._entry(source, target, name, f"{path}{name}", depth)
                except OSError as error:
                    if error.errno in CHANGED:
                        continue
                    if error.errno not in UNREADABLE:
                        # Errors from deeper directories already have the full path.
                        if not os.path.isabs(error.filename or ""):
                            error.filename = os.path.join(self._source, path, name)
                        raise
                    self._leave_out(f"{path}{name}")
            found = os.fstat(source)
            os.fchmod(target, stat.S_IMODE(found.st_mode))
            os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        finally:
            os.close(source)
            os.close(target)

    def _leave_out(self, path: str) -> None:
        if len(self.left_out) < MAX_NAMES:
            name = os.path.join(self._source, path)
            self.left_out.append(name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…")

    def _entry(self, source: int, target: int, name: str, path: str, depth: int) -> None:
        mode = os.lstat(name, dir_fd=source).st_mode
        if stat.S_ISDIR(mode):
            if depth == MAX_DEPTH:
                self._leave_out(path)
                return
            below = os.open(name, DIRECTORY, dir_fd=source)
            try:
                os.mkdir(name, 0o700, dir_fd=target)
                inside = os.open(name, DIRECTORY, dir_fd=target)
            except OSError:
                os.close(below)
                raise
            self._directory(below, inside, f"{path}/", depth + 1)
        elif stat.S_ISLNK(mode):
            try:
                leads_to = os.readlink(name, dir_fd=source)
            except OSError as error:
                if error.errno == errno.EINVAL:
                    # No longer a link.
                    return
                raise
            os.symlink(leads_to, name, dir_fd=target)
        elif stat.S_ISREG(mode):
            self._file(source, target, name, path)

    def _file(self, source: int, target: int, name: str, path: str) -> None:
        reading = os.open(name, SOURCE, dir_fd=source)
        try:
            found = os.fstat(reading)
            if not stat.S_ISREG(found.st_mode) or self._is_linked(found, target, name, path):
                return
            writing = os.open(name, TARGET, 0o600, dir_fd=target)
            try:
                self._content(reading, writing, found.st_size)
                os.fchmod(writing, stat.S_IMODE(found.st_mode))
                os.utime(writing, ns=(found.st_atime_ns, found.st_mtime_ns))
                self.bytes += os.fstat(writing).st_blocks * 512
            finally:
                os.close(writing)
        finally:
            os.close(reading)

    def _is_linked(self, found: os.stat_result, target: int, name: str, path: str) -> bool:
        """Links to the copy of another hard link of the same file; False if there is none."""
        if found.st_nlink == 1:
            return False
        key = (found.st_dev, found.st_ino)
        first = self._linked.setdefault(key, path)
        if first == path:
            return False
        try:
            os.link(first, name, src_dir_fd=self._root, dst_dir_fd=target)
        except OSError as error:
            if error.errno in NO_SPACE:
                raise
            # The other one could not be copied, or the file system has no hard links.
            self._linked[key] = path
            return False
        return True

    def _content(self, reading: int, writing: int, size: int) -> None:
        if self._clones:
            try:
                fcntl.ioctl(writing, FICLONE, reading)
                return
            except OSError as error:
                if error.errno not in NO_CLONE:
                    raise
                self._clones = False
        position = 0
        while position < size:
            try:
                begin = os.lseek(reading, position, os.SEEK_DATA)
                end = min(os.lseek(reading, begin, os.SEEK_HOLE), size)
            except OSError as error:
                if error.errno == errno.ENXIO:
                    # Only a hole is left, or the file was truncated meanwhile.
                    break
                raise
            if not self._piece(reading, writing, begin, end):
                break
            position = end
        # Restores a trailing hole. The source may have been truncated meanwhile.
        os.ftruncate(writing, min(size, os.fstat(reading).st_size))

    def _piece(self, reading: int, writing: int, begin: int, end: int) -> bool:
        """Copies a range without holes; False if the file ends before `end`."""
        position = begin
        while position < end:
            length = min(end - position, 64 * CHUNK)
            if self._copies_in_kernel:
                try:
                    copied = os.copy_file_range(reading, writing, length, position, position)
                except OSError as error:
                    if error.errno not in NO_CLONE:
                        raise
                    self._copies_in_kernel = False
                    continue
            else:
                copied = os.pwrite(writing, os.pread(reading, min(length, CHUNK), position), position)
            if copied == 0:
                return False
            position += copied
        return True


def main() -> int:
    total = 0
    left_out: list[str] = []
    try:
        for source, target in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
            copy = Copy(source, target)
            copy.run()
            total += copy.bytes
            left_out += copy.left_out
    except OSError as error:
        print(f"{_text(str(error.filename))}: {error.strerror}")
        return FULL if error.errno in NO_SPACE else 1
    print(json.dumps({"bytes": total, "leftOut": [_text(path) for path in left_out]}))
    return 0


def _text(path: str) -> str:
    """Escapes bytes of a file name that are not UTF-8."""
    return path.encode("utf-8", "backslashreplace").decode()


if __name__ == "__main__":
    # Modes are copied from the source, regardless of this process's umask.
    os.umask(0)
    sys.exit(main())
