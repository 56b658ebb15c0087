"""A short run of the fuzzer: `python -m fuzz --inputs 100000` makes a long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.soak
def test_three_thousand_malformed_inputs() -> None:
    command = [sys.executable, "-m", "fuzz", "--inputs", "3000", "--seed", "20261121"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
