"""The hosts that a network namespace may reach."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seer_network.connect import connect, is_other_machine

FIXTURES = Path(__file__).parent / "fixtures"
SOURCE = Path(__file__).parent.parent / "src"
NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "address",
    [
        *["127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1"],
        *["::1", "::", "fe80::1", "fe80::1%lo", "fd00:ec2::254", "ff0e::1"],
        *["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1"],
    ],
)
def test_addresses_of_this_machine_and_of_credentials(address: str) -> None:
    assert not is_other_machine(address)


@pytest.mark.parametrize("address", ["10.255.255.77", "203.0.113.9", "2606:4700:4700::77"])
def test_addresses_of_other_machines(address: str) -> None:
    assert is_other_machine(address)


def test_names_of_this_machine_lead_nowhere() -> None:
    with pytest.raises(OSError, match="localhost has no address of another machine"):
        connect("localhost", 80)


@pytest.mark.skipif(
    not (_works(*NAMESPACES, "ip", "link") and _works("nsenter", "--version")),
    reason="needs user namespaces, iproute2 and util-linux",
)
def test_names_lead_to_other_machines_only(tmp_path: Path) -> None:
    script = [sys.executable, FIXTURES / "three_machines.py", SOURCE, tmp_path]
    reached = subprocess.check_output([*NAMESPACES, *script], text=True, timeout=120)
    refused = "ConnectionResetError"
    assert dict(line.split(" ", 1) for line in reached.splitlines()) == {
        "other.example": "another machine",
        # The first address of this name is refused, and nothing answers at the second one.
        "several.example": "another machine",
        "own.example": refused,
        "late.example": refused,
        "loopback.example": refused,
        "metadata.example": refused,
        # An address is meant as it is.
        "10.9.0.1": "this machine",
    }
