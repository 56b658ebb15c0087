"""`python -m seer_host` starts a host; PROTOCOL.md says what it reads and prints."""

import sys

# The working directory, whose files are the user's and may be called like modules of Python.
if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]

from seer_host.supervisor.main import main

sys.exit(main())
