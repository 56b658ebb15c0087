"""`python kernel.py DIRECTORY ARGUMENT…`: runs a kernel in the sandbox's Python, with ipykernel in DIRECTORY.

DIRECTORY comes last on the import path, so packages that the user has installed, even ipykernel, take
precedence. `--check` only checks that ipykernel can be imported.

This is a standalone script because it does not run in the server's Python.
"""

from __future__ import annotations

import os
import sys
import traceback


def main() -> None:
    # Do not import from this script's directory.
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
    """Prints which of the user's packages have other versions than the kernel's."""
    from importlib import metadata

    for bundled in metadata.distributions(path=[directory]):
        name = bundled.metadata["Name"]
        found = metadata.version(name)
        if found != bundled.version:
            print(f"{name} {found} is installed; the kernel needs {bundled.version}", file=sys.stderr)


main()
