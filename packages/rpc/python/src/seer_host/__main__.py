"""`python -m seer_host` starts a host; PROTOCOL.md says what it reads and prints."""

import sys

from seer_host.supervisor.main import main

sys.exit(main())
