"""A malicious hub chooses names that the client uses in paths."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "src" / "seer_tools"
HASH = "a" * 40


@pytest.mark.parametrize(
    ("commit", "etag"),
    [(HASH, "../../../../outside"), ("../../../../outside", HASH), ("/tmp/outside", HASH)],
)
def test_names_from_a_hub_do_not_lead_out_of_the_cache(tmp_path: Path, commit: str, etag: str) -> None:
    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listing = {
                "id": "a/b",
                "sha": commit,
                "siblings": [{"rfilename": "x", "size": 5, "blobId": HASH}],
            }
            tree = [{"type": "file", "path": "x", "size": 5, "oid": HASH}]
            answer = json.dumps(tree if "/tree/" in self.path else listing).encode()
            self._answer(b"hello" if "/resolve/" in self.path else answer)

        def do_HEAD(self) -> None:
            self._answer(b"hello")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("ETag", f'"{etag}"')
            self.send_header("X-Repo-Commit", commit)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = tmp_path / "home"
        variables = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}", "HF_HOME": str(home)}
        result = subprocess.run(
            [sys.executable, "-I", str(TOOLS / "fetch_model.py")],
            input=json.dumps({"model": "a/b"}) + "\n",
            capture_output=True,
            text=True,
            env={"PATH": os.environ["PATH"], **variables},
            check=False,
        )
        server.shutdown()
    last = json.loads(result.stdout.splitlines()[-1])
    assert last["type"] == "error"
    assert {path.name for path in tmp_path.iterdir()} <= {"home"}
