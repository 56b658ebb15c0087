"""`python check_url.py URL SECONDS`: exits with 0 if URL answers in time, through the user's proxy."""

from __future__ import annotations

import sys
import urllib.request


def main() -> int:
    request = urllib.request.Request(sys.argv[1], method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=float(sys.argv[2])):
            return 0
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
