"""`python processor_time.py PID`: prints the processor time of a process and all below it, in seconds."""

from __future__ import annotations

import os
import sys
import time


def main(root: int) -> None:
    children: dict[int, list[int]] = {}
    reaped: dict[int, float] = {}
    ticks = os.sysconf("SC_CLK_TCK")
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(entry))
        reaped[int(entry)] = (int(fields[13]) + int(fields[14])) / ticks
    total = 0.0
    queue = [root]
    while queue:
        pid = queue.pop()
        queue += children.get(pid, [])
        total += reaped[pid] + own_time(pid)
    print(total)


def own_time(pid: int) -> float:
    """What `clock_getcpuclockid` would lead to; `/proc` has only hundredths of seconds."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        # It has ended, and is counted the next time, as reaped by its parent.
        return 0.0


main(int(sys.argv[1]))
