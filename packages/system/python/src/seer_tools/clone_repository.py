"""`python clone_repository.py`: clones a repository in a sandbox.

Reads `{"url", "ref"?, "path", "env"}` from standard input; prints `{"commit"}`, or
`{"failed": "clone" | "checkout", "said": git's output}`. The URL contains no credentials: git gets them
through the variables in "env", so that they are neither in arguments nor in the repository's configuration.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from typing import Any


class Failed(Exception):
    def __init__(self, what: str, said: str) -> None:
        super().__init__(what)
        self.what = what
        self.said = said


def main() -> dict[str, str]:
    request: dict[str, Any] = json.load(sys.stdin)
    url, path, ref = request["url"], request["path"], request.get("ref")
    parent = os.path.dirname(path)
    os.makedirs(parent, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix=".seer-", dir=parent)
    clone = os.path.join(scratch, "clone")
    env = {
        **os.environ,
        **request["env"],
        "LC_ALL": "C",
        # Fail instead of prompting.
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    }
    try:
        _git("clone", ["clone", "--quiet", "--no-checkout", "--", url, clone], env)
        # `--` makes an ambiguous name a branch, as after any clone.
        _git("checkout", ["-C", clone, "checkout", "--quiet", *([] if ref is None else [ref, "--"])], env)
        commit = _git("checkout", ["-C", clone, "rev-parse", "HEAD"], env)
        # Cloned elsewhere and renamed, because a rename does not follow a link at `path`.
        os.rename(clone, path)
    except Failed as failure:
        return {"failed": failure.what, "said": failure.said}
    except OSError as error:
        return {"failed": "clone", "said": str(error)}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return {"commit": commit}


def _git(what: str, arguments: list[str], env: dict[str, str]) -> str:
    try:
        result = subprocess.run(
            ["git", *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Failed(what, "git is not installed") from None
    if result.returncode != 0:
        raise Failed(what, result.stdout.strip())
    return result.stdout.strip()


if __name__ == "__main__":
    print(json.dumps(main()))
