"""`python copy_trees.py FROM TO [FROM TO]…`: copies directories into new ones, and prints `{"bytes": N}`.

Files share their blocks where the file system can do that, and keep their holes, links, modes and times.
Sockets, pipes and devices are left out, and so is what goes away meanwhile. It may run beside the processes
whose files these are, and which are not to be trusted: no name is looked up through a link of theirs.

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
# What was there a moment ago is gone, or something else is in its place.
CHANGED = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO}
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe that took a file's place would be waited for.
SOURCE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
TARGET = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Copy:
    """One copying of a tree; `bytes` is what its files take on the disk."""

    def __init__(self, source: str, target: str) -> None:
        self.bytes = 0
        self._source = source
        self._target = target
        self._clones = sys.platform == "linux"
        self._copies_in_kernel = hasattr(os, "copy_file_range")
        # Names of one file, by what they were first copied to.
        self._linked: dict[tuple[int, int], str] = {}
        self._root = -1

    def run(self) -> None:
        source = os.open(self._source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        os.makedirs(self._target, mode=0o700, exist_ok=True)
        self._root = os.open(self._target, DIRECTORY)
        self._directory(source, os.dup(self._root), "")
        os.close(self._root)

    def _directory(self, source: int, target: int, path: str) -> None:
        """Copies what is in a directory, then how it was; closes both."""
        try:
            for name in os.listdir(source):
                try:
                    self._entry(source, target, name, f"{path}{name}")
                except OSError as error:
                    if error.errno in CHANGED:
                        continue
                    error.filename = os.path.join(self._source, path, name)
                    raise
            found = os.fstat(source)
            os.fchmod(target, stat.S_IMODE(found.st_mode))
            os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
        finally:
            os.close(source)
            os.close(target)

    def _entry(self, source: int, target: int, name: str, path: str) -> None:
        mode = os.lstat(name, dir_fd=source).st_mode
        if stat.S_ISDIR(mode):
            below = os.open(name, DIRECTORY, dir_fd=source)
            os.mkdir(name, 0o700, dir_fd=target)
            self._directory(below, os.open(name, DIRECTORY, dir_fd=target), f"{path}/")
        elif stat.S_ISLNK(mode):
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        elif stat.S_ISREG(mode):
            self._file(source, target, name, path)

    def _file(self, source: int, target: int, name: str, path: str) -> None:
        reading = os.open(name, SOURCE, dir_fd=source)
        try:
            found = os.fstat(reading)
            if not stat.S_ISREG(found.st_mode):
                return
            if found.st_nlink > 1:
                key = (found.st_dev, found.st_ino)
                if (first := self._linked.setdefault(key, path)) != path:
                    os.link(first, name, src_dir_fd=self._root, dst_dir_fd=target)
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
            except OSError as error:
                if error.errno == errno.ENXIO:
                    # Nothing but a hole is left.
                    break
                raise
            end = min(os.lseek(reading, begin, os.SEEK_HOLE), size)
            if not self._piece(reading, writing, begin, end):
                break
            position = end
        # A hole at the end is there by the length alone; a file that was cut off meanwhile is shorter by now.
        os.ftruncate(writing, min(size, os.fstat(reading).st_size))

    def _piece(self, reading: int, writing: int, begin: int, end: int) -> bool:
        """Copies a part without holes; False when the file has come to end before."""
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
    try:
        for source, target in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
            copy = Copy(source, target)
            copy.run()
            total += copy.bytes
    except OSError as error:
        # Names of files may be any bytes.
        name = str(error.filename).encode("utf-8", "backslashreplace").decode()
        print(f"{name}: {error.strerror}")
        return FULL if error.errno in NO_SPACE else 1
    print(json.dumps({"bytes": total}))
    return 0


if __name__ == "__main__":
    # Not what was asked of this process, but what its files had.
    os.umask(0)
    sys.exit(main())
