"""`python fetch_model.py`: downloads a model from the Hugging Face hub; needs `huggingface_hub` 1.0 or newer.

Reads one line of JSON from standard input:

    {"model": "org/name", "revision"?: branch, tag or commit, "adapter"?: bool, "target"?: directory,
     "exitOnStdinClose"?: end when standard input closes}

and prints JSON lines; the last is `done`, or `error` with exit code 1:

    {"type": "progress", "bytes", "total", "fetched", "seconds", "file"?}
        at most 4 a second; `fetched` is the number of bytes downloaded by this run
    {"type": "retry", "what", "attempt", "of", "message"}
    {"type": "done", "path", "revision", "bytes", "fetched", "offline"?: true,
     "base"?: {"model", "revision"?}}
        `revision` is the commit
    {"type": "error", "code", "message", "nearest"?: ids}
        the codes are in `hub/failures.py`; `nearest` lists similar ids if the model does not exist

Without `target` the model is stored in the ordinary hub cache, and `path` is its snapshot there; `offline`
means that the hub was unreachable and the cached copy is complete. With `target` it is stored in that
directory, which must hold only this version of this model, and which is complete after `done`.

With `adapter` the model must be a PEFT adapter, without it must not be one. `base` is the base model in the
adapter's config: a hub id, or a path on the machine where it was trained. It is fetched by a separate run.

The token comes from HF_TOKEN or the user's login. The client's own variables, such as HF_HOME, HF_ENDPOINT
and HF_HUB_OFFLINE, apply.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from pathlib import Path

if not __package__:
    # `python -I file.py` does not put the package's parent directory on the path.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from seer_tools.hub.failures import FetchError, explain, in_short
from seer_tools.hub.fetch import Request, base_of, fetch
from seer_tools.hub.lines import Lines
from seer_tools.hub.nearest import nearest
from seer_tools.request import read_request


def main() -> int:
    lines = Lines(sys.stdout)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: _end())
    # Silence the client's own progress bars and warnings.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    warnings.simplefilter("ignore")
    given = read_request(_end)
    request = Request(
        model=given["model"],
        revision=given.get("revision"),
        target=Path(given["target"]) if given.get("target") else None,
        adapter=bool(given.get("adapter")),
    )
    try:
        fetched = fetch(request, lines)
        base = base_of(fetched.path) if request.adapter else None
    except Exception as error:
        failure = _failure(error, request)
        similar = nearest(request.model) if failure.code == "not-found" else None
        lines.write("error", code=failure.code, message=str(failure), nearest=similar or None)
        return 1
    lines.write(
        "done",
        path=str(fetched.path),
        revision=fetched.commit,
        bytes=fetched.size,
        fetched=fetched.fetched,
        offline=True if fetched.offline else None,
        base=base,
    )
    return 0


def _failure(error: Exception, request: Request) -> FetchError:
    if isinstance(error, FetchError):
        return error
    try:
        known = explain(error, request.model, request.revision)
        text = in_short(error)
    except ImportError:
        known, text = None, str(error)
    return known or FetchError("failed", f"{request.model} cannot be fetched: {text}")


def _end() -> None:
    """Ends at once and removes partial downloads, which the hub's client would not resume."""
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                path = os.readlink(entry.path)
                if path.endswith(".incomplete"):
                    os.unlink(path)
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
