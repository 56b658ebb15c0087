"""Starts a host; PROTOCOL.md describes how, and its input and output."""

import os
import sys

# Remove the working directory, where the user's files may have the names of standard modules.
if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    del sys.path[0]
if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from seer_host.supervisor.main import main

sys.exit(main())
