"""Creates a certificate for loopback and its certificate authority in a new directory."""

from __future__ import annotations

import sys
from pathlib import Path

import trustme


def main(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(str(directory / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(directory / "certificate.pem"))
    # Written last, because its presence means that all files are complete.
    authority.cert_pem.write_to_path(str(directory / "authority.pem"))


main(Path(sys.argv[1]))
