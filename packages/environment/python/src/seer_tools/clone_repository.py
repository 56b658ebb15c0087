"""`python clone_repository.py`: clones a repository in a sandbox, as the JSON object on standard input says.

`{"url", "ref"?, "path"}`; answers with `{"commit"}`, or with `{"failed": "clone" | "checkout", "said"}` in
git's own words. Names and passwords in the URL are git's to read from its environment alone: no argument has
them, and nothing of them stays in the repository.
"""

from __future__ import annotations

import json
import os
import re
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
    clean = re.sub(r"^(\w+://)[^/@\s]+@", r"\1", url)
    parent = os.path.dirname(path)
    os.makedirs(parent, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix=".seer-", dir=parent)
    clone = os.path.join(scratch, "clone")
    env = {
        **os.environ,
        "LC_ALL": "C",
        # Nobody is there to answer a question.
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    }
    if clean != url:
        env |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{url}.insteadOf",
            "GIT_CONFIG_VALUE_0": clean,
        }
    try:
        _git("clone", ["clone", "--quiet", "--no-checkout", "--", clean, clone], env)
        # What is ambiguous is the branch, as for anybody who has just cloned.
        _git("checkout", ["-C", clone, "checkout", "--quiet", *([] if ref is None else [ref, "--"])], env)
        commit = _git("checkout", ["-C", clone, "rev-parse", "HEAD"], env)
        # Not cloned in place: a rename follows no link that an earlier repository may have left there.
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
