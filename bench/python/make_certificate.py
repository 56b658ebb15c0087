"""Makes a certificate for loopback and the authority that vouches for it, in a directory of their own."""

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
    # Last, since its presence says that all are there.
    authority.cert_pem.write_to_path(str(directory / "authority.pem"))


main(Path(sys.argv[1]))
