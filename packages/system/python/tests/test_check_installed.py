from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

import pytest

from seer_tools.check_installed import installed, missing

if TYPE_CHECKING:
    from pathlib import Path


def install(directory: Path, name: str, version: str) -> None:
    info = directory / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def pip_wheel() -> str | None:
    import ensurepip

    wheels = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
    return wheels[0] if wheels else None


@pytest.mark.parametrize(
    ("requirement", "is_met"),
    [
        ("Seer_Tiny", True),
        ("seer-tiny[extra]>=1.0,<2", True),
        ("seer.tiny==1.5.0", True),
        ("seer-tiny @ https://host/seer_tiny.whl", True),
        ("seer-tiny==1.4", False),
        ("seer-tiny>2 ; python_version > '3'", False),
        ("absent", False),
        ("absent>=1", False),
        ("absent @ https://host/absent.whl", False),
        ("absent ; python_version < '3'", True),
        ("https://host/whatever-1.0.whl", True),
        ("git+https://host/x.git@main", True),
        ("./directory", True),
        ("/directory/x-1.0.whl", True),
    ],
)
def test_finds_requirements(tmp_path: Path, requirement: str, is_met: bool) -> None:
    install(tmp_path, "Seer.tiny", "1.5")
    (tmp_path / "broken-1.dist-info").mkdir()
    wheel = pip_wheel()
    if wheel is None:
        pytest.skip("this Python brings no pip, which knows versions")
    assert missing(installed(tmp_path.as_posix()), [requirement], wheel) == ([] if is_met else [requirement])


def test_reports_everything_missing_in_an_empty_environment(tmp_path: Path) -> None:
    assert missing(installed(str(tmp_path)), ["./directory"], None) == ["./directory"]
    assert missing(installed(str(tmp_path)), [], None) == []


def test_compares_names_without_pip(tmp_path: Path) -> None:
    install(tmp_path, "Seer.tiny", "1.5")
    versions = installed(str(tmp_path))
    assert versions == {"seer-tiny": "1.5"}
    assert missing(versions, ["seer-tiny>9", "absent", "absent; x"], None) == ["absent"]
