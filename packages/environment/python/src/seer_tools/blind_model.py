"""`python blind_model.py`: makes a copy of a model's directory that does not say which model it is.

Reads one line of JSON from standard input:

    {"source": directory, "target": directory, "name": what to call it, "telling": [hub ids, paths, …],
     "basePath"?: where the sandbox has the adapter's base, "move"?: bool,
     "attended"?: whether to end when standard input closes}

and prints JSON lines: {"type": "copying", "file"} for weights that cannot be linked, and at last
{"type": "done", "bytes"} or {"type": "error", "code", "message"}.

Weights are linked where the file system can, else copied; with `move` (for a volume that has no other use)
they are moved, and a marker `.seer-model.json` is written last. Of the other files only those are taken that
loading needs, and what tells in them is replaced. What a model is, its architecture, its vocabulary and what
it says of itself, stays: without that it would be another model.

Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from seer_tools.hidden.choose import Treatment, check_name, treatment_of
from seer_tools.hidden.failure import CannotHide
from seer_tools.hidden.link import copy, link, without_metadata
from seer_tools.hidden.scrub import Scrubber
from seer_tools.request import read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def blind(
    source: Path,
    target: Path,
    scrubber: Scrubber,
    *,
    move: bool = False,
    on_copy: Callable[[str], None] = lambda _file: None,
) -> int:
    """Fills `target`, and returns how many bytes it has; `on_copy` is told what cannot be linked."""
    size = 0
    for path in _files(source, [source.resolve()]):
        name = path.relative_to(source).as_posix()
        treatment = treatment_of(name)
        if treatment is Treatment.LEAVE_OUT:
            continue
        check_name(name, scrubber)
        new = target / name
        new.parent.mkdir(parents=True, exist_ok=True)
        if treatment is Treatment.REWRITE:
            new.write_bytes(scrubber.rewrite(path.name, path.read_bytes()))
        elif not (path.suffix == ".safetensors" and without_metadata(path, new)):
            real = path.resolve()
            if not link(real, new, move=move):
                on_copy(name)
                copy(real, new)
        size += new.stat().st_size
    if move:
        _mark(target, size)
    return size


def _files(folder: Path, above: list[Path]) -> Iterator[Path]:
    """Those below, through links too, but for links that lead nowhere or back up."""
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif path.is_dir() and not path.name.startswith((".", "checkpoint-")) and path.resolve() not in above:
            yield from _files(path, [*above, path.resolve()])


def _mark(target: Path, size: int) -> None:
    new = target / ".seer-model.json.new"
    new.write_text(json.dumps({"bytes": size}))
    new.replace(target / ".seer-model.json")


def main() -> int:
    given = read_request(lambda: os._exit(1))
    scrubber = Scrubber(given["name"], given["telling"], base_path=given.get("basePath"))
    try:
        size = blind(
            Path(given["source"]),
            Path(given["target"]),
            scrubber,
            move=bool(given.get("move")),
            on_copy=lambda file: print(json.dumps({"type": "copying", "file": file}), flush=True),
        )
    except CannotHide as error:
        return _fail("cannot-hide", str(error))
    except OSError as error:
        return _fail("disk-full" if error.errno == 28 else "failed", str(error))
    print(json.dumps({"type": "done", "bytes": size}))
    return 0


def _fail(code: str, message: str) -> int:
    print(json.dumps({"type": "error", "code": code, "message": message}))
    return 1


if __name__ == "__main__":
    sys.exit(main())
