"""`python fetch_model.py`: fetches a model from the hub; needs a Python with `huggingface_hub` 1.0 or newer.

Reads one line of JSON from standard input:

    {"model": "org/name", "revision"?: branch, tag or commit, "adapter"?: bool, "target"?: directory,
     "attended"?: whether to end when standard input closes,
     "firstPause"?: seconds before a second try; the pauses after it double, up to the fifth try}

and prints JSON lines, of which the last is `done`, or `error` with exit code 1:

    {"type": "progress", "bytes", "total", "fetched", "seconds", "file"?}
        at most 4 a second; `fetched` is what came over the network in this run
    {"type": "waiting", "file"}
        another process downloads the same; this one waits for it
    {"type": "retry", "what", "attempt", "of", "message"}
    {"type": "done", "path", "revision", "bytes", "fetched", "offline"?: true,
     "base"?: {"model", "revision"?}}
        `revision` is the commit
    {"type": "error", "code", "message", "nearest"?: ids}
        the codes are in `hub/failures.py`; `nearest` are models that there are instead of one that is not

Without `target` the model comes into the hub's ordinary cache, and `path` is its snapshot there; `offline`
says that the hub could not be asked, and the cache had all of it. With `target` it comes into that
directory: complete, with a marker `.seer-model.json` that is written last, or not at all. What is there of
it until then is in a hidden directory, and the next run goes on from it.

`adapter` says that it must be a PEFT adapter (else it must not be one); then `base` is what its config
names: a hub id, or a path of whoever trained it. The base is another model, to be fetched by another run.

The token is that of HF_TOKEN, or of the user's login; HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE and the like are
the client's own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from pathlib import Path

if not __package__:
    # Run as a file, and isolated: its package has to be found all the same.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from seer_tools.hub.failures import FetchError, explain, in_short
from seer_tools.hub.fetch import Request, base_of, fetch
from seer_tools.hub.lines import Lines
from seer_tools.hub.nearest import nearest
from seer_tools.hub.tries import FIRST_PAUSE_SECONDS
from seer_tools.request import read_request


def main() -> int:
    lines = Lines(sys.stdout)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: _end())
    # The client's own bars and remarks; all that matters is in the lines.
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
        first_pause=float(given.get("firstPause", FIRST_PAUSE_SECONDS)),
    )
    try:
        fetched = fetch(request, lines)
        base = base_of(fetched.path) if request.adapter else None
    except Exception as error:
        failure = _failure(error, request)
        alike = nearest(request.model) if failure.code == "not-found" else None
        lines.write("error", code=failure.code, message=str(failure), nearest=alike or None)
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
    """Ends at once, and takes the client's own half files along, of which nothing could be made any more."""
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                path = os.readlink(entry.path)
                # `<hash>.<random>.incomplete`; Seer's own, which are for the next run, have no such middle.
                if path.endswith(".incomplete") and os.path.basename(path).count(".") > 1:
                    os.unlink(path)
    os._exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
