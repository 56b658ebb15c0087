from __future__ import annotations

import glob
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from seer_tools.index_settings import pip_settings, uv_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


@pytest.fixture(scope="module")
def pip() -> str:
    import ensurepip

    folder = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    wheels = glob.glob(os.path.join(folder, "pip-*.whl"))
    if not wheels:
        pytest.skip("this Python brings no pip")
    return os.path.join(wheels[0], "pip")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_reads_the_files_and_variables_of_pip(home: Path, pip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        home / "config" / "pip" / "pip.conf",
        "[global]\nindex-url = https://a/simple\nextra-index-url =\n  https://b\n  https://c\ntarget = /x\n"
        "[install]\nno-index = yes\nindex-url = https://d/it's\n[download]\nproxy = http://no\n",
    )
    settings = pip_settings(pip)
    assert settings.index == "https://d/it's"
    assert settings.extra == ["https://b", "https://c"]
    assert settings.no_index
    assert settings.proxy is None
    monkeypatch.setenv("PIP_INDEX_URL", "https://e/simple")
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "e f")
    settings = pip_settings(pip)
    assert settings.index == "https://e/simple"
    assert settings.trusted_hosts == ["e", "f"]


def test_reads_pips_variables_without_a_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/a /b")
    monkeypatch.setenv("PIP_TARGET", "/x")
    settings = pip_settings(None)
    assert settings.find_links == ["/a", "/b"]
    assert settings.as_json()["index"] is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 reads no TOML")
def test_reads_the_files_and_variables_of_uv(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(
        home / "config" / "uv" / "uv.toml",
        'find-links = ["wheels"]\nallow-insecure-host = ["x"]\n'
        '[[index]]\nname = "lab-1"\nurl = "https://lab/simple"\n'
        '[[index]]\nurl = "https://main/simple"\ndefault = true\n'
        '[[index]]\nname = "other"\nurl = "https://explicit"\nexplicit = true\n'
        '[pip]\ntarget = "/x"\nno-index = true\n',
    )
    monkeypatch.setenv("UV_INDEX_LAB_1_USERNAME", "me")
    monkeypatch.setenv("UV_INDEX_LAB_1_PASSWORD", "p/w@")
    settings = uv_settings()
    assert settings.index == "https://main/simple"
    assert settings.extra == ["https://me:p%2Fw%40@lab/simple"]
    assert settings.no_index
    assert settings.trusted_hosts == ["x"]
    assert settings.as_json()["findLinks"] == [os.path.abspath("wheels")]
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://variable")
    monkeypatch.setenv("UV_NO_INDEX", "0")
    assert uv_settings().index == "https://variable"
    assert not uv_settings().no_index
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    assert uv_settings().extra == []


@pytest.mark.parametrize(("installer", "index"), [("uv", "https://pips"), ("pip", "https://pips")])
def test_falls_back_to_the_other_installers_settings(
    installer: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    from seer_tools import index_settings

    monkeypatch.setenv("PIP_INDEX_URL", index)
    command = [sys.executable, index_settings.__file__, installer]
    printed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert printed["index"] == index
