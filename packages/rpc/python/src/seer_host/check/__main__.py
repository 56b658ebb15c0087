"""`python -m seer_host.check FILE` prints the problems of an interface file as JSON.

It may also be run by its path, if the host is not on Python's path.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="seer_host.check", description="Checks an interface file without running it."
    )
    parser.add_argument("file")
    parser.add_argument("--path", action="append", default=[], help="another directory to import from")
    parser.add_argument("--models", help="the names of the configured models, as a JSON array")
    parser.add_argument("--python", help="the version that will run the file, such as 3.12")
    options = parser.parse_args()
    with open(options.file, "rb") as file:
        source = file.read()
    version: Any = None if options.python is None else tuple(map(int, options.python.split(".")[:2]))
    problems = check(
        source,
        options.file,
        path=options.path,
        models=None if options.models is None else json.loads(options.models),
        python=version,
    )
    json.dump({"problems": [problem._asdict() for problem in problems]}, sys.stdout)


if __name__ == "__main__":
    if not __package__:
        sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    from seer_host.check import check

    main()
