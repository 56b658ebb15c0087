"""`python kernel.py DIRECTORY ARGUMENT…`: a kernel in the sandbox's own Python, ipykernel being in DIRECTORY.

DIRECTORY comes after the user's own packages. So whatever the user has installed is what runs, ipykernel
itself included, and the rest is only there where the user has nothing. With `--check` it looks whether that
can work.

This is a script by itself, of the standard library: it belongs to another Python than the server.
"""

from __future__ import annotations

import os
import sys
import traceback


def main() -> None:
    # The directory of this script is no place to import from.
    if sys.path and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):
        del sys.path[0]
    directory = sys.argv.pop(1)
    sys.path.append(directory)
    try:
        from ipykernel import kernelapp
    except Exception:
        traceback.print_exc()
        print_conflicts(directory)
        sys.exit(1)
    if sys.argv[1:] != ["--check"]:
        kernelapp.launch_new_instance()


def print_conflicts(directory: str) -> None:
    """Says which packages of the user's are others than those that the kernel was made for."""
    from importlib import metadata

    for made_for in metadata.distributions(path=[directory]):
        name = made_for.metadata["Name"]
        found = metadata.version(name)
        if found != made_for.version:
            print(f"{name} {found} is installed; the kernel comes with {made_for.version}", file=sys.stderr)


main()
