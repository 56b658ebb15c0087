"""`python anonymize_model.py`: copies a model's directory without anything that identifies the model.

Reads one line of JSON from standard input:

    {"source": directory, "target": directory, "name": replacement name,
     "identifiers": [hub ids, paths, …], "basePath"?: path of the adapter's base in the sandbox,
     "move"?: bool, "exitOnStdinClose"?: end when standard input closes}

and prints JSON lines: {"type": "copying", "file"} for weights that cannot be linked, and finally
{"type": "done", "bytes"} or {"type": "error", "code", "message"}.

Weights are hard-linked if the file system allows it, else copied; `move` moves them instead. Other files are
copied only if loading needs them, with the model's ids and names replaced. Every file is then searched for
these ids and names in any spelling; a file that still contains one is an error. The architecture is not
hidden, nor is what the model says about itself when asked.

Standard library only.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from seer_tools.hidden.choose import Treatment, check_file_name, treatment_of
from seer_tools.hidden.failure import CannotAnonymize
from seer_tools.hidden.link import copy, link, without_metadata
from seer_tools.hidden.scan import find_identifier
from seer_tools.hidden.scrub import Scrubber, architectures_in, decoded
from seer_tools.request import read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def anonymize(
    source: Path,
    target: Path,
    scrubber: Scrubber,
    *,
    move: bool = False,
    on_copy: Callable[[str], None] = lambda _file: None,
) -> int:
    """Fills `target` and returns its size in bytes; calls `on_copy` with each file that cannot be linked."""
    files = {path.relative_to(source).as_posix(): path for path in _files(source, [source.resolve()])}
    treatments = {name: treatment_of(name) for name in files}
    scrubber = _with_architectures(scrubber, files, treatments)
    size = 0
    for name, path in files.items():
        treatment = treatments[name]
        if treatment is Treatment.LEAVE_OUT:
            continue
        check_file_name(name, scrubber)
        new = target / name
        new.parent.mkdir(parents=True, exist_ok=True)
        if treatment is Treatment.REWRITE:
            new.write_bytes(scrubber.rewrite(path.name, path.read_bytes()))
        elif treatment is Treatment.TOKENIZER and find_identifier(path, scrubber.names):
            new.write_bytes(scrubber.rewrite_tokenizer(path.read_bytes()))
        elif not (path.suffix == ".safetensors" and without_metadata(path, new)):
            real = path.resolve()
            if not link(real, new, move=move):
                on_copy(name)
                copy(real, new)
        if where := find_identifier(new, scrubber.names):
            raise CannotAnonymize(
                f"{name} names the model in {where}, which cannot be changed without breaking the file"
            )
        size += new.stat().st_size
    return size


def _with_architectures(
    scrubber: Scrubber, files: dict[str, Path], treatments: dict[str, Treatment]
) -> Scrubber:
    """Keeps names that are also an architecture's; an error if the model's own code defines that class."""
    try:
        config: Any = json.loads(decoded(files["config.json"].read_bytes()))
    except (KeyError, ValueError):
        return scrubber
    architectures = architectures_in(config)
    has_code = any(name.endswith(".py") and treatments[name] is not Treatment.LEAVE_OUT for name in files)
    revealing = next((text for text in architectures if scrubber.names.certain.search(text)), None)
    if revealing is not None and has_code:
        raise CannotAnonymize(
            f"the architecture {revealing}, which the model's own code defines, is named after the model"
        )
    return scrubber.with_architectures(architectures)


def _files(folder: Path, above: list[Path]) -> Iterator[Path]:
    """Walks a folder, following links, except broken ones and those that lead to a parent folder."""
    for path in sorted(folder.iterdir()):
        if path.is_file():
            yield path
        elif path.is_dir() and not path.name.startswith((".", "checkpoint-")) and path.resolve() not in above:
            yield from _files(path, [*above, path.resolve()])


def main() -> int:
    given = read_request(lambda: os._exit(1))
    scrubber = Scrubber(given["name"], given["identifiers"], base_path=given.get("basePath"))
    try:
        size = anonymize(
            Path(given["source"]),
            Path(given["target"]),
            scrubber,
            move=bool(given.get("move")),
            on_copy=lambda file: print(json.dumps({"type": "copying", "file": file}), flush=True),
        )
    except CannotAnonymize as error:
        return _fail("cannot-anonymize", str(error))
    except OSError as error:
        return _fail("disk-full" if error.errno == 28 else "failed", str(error))
    print(json.dumps({"type": "done", "bytes": size}))
    return 0


def _fail(code: str, message: str) -> int:
    print(json.dumps({"type": "error", "code": code, "message": message}))
    return 1


if __name__ == "__main__":
    sys.exit(main())
