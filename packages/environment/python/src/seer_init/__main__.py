"""`python -m seer_init …`, or this file by its path: that starts faster, as Python need not look for it."""

import os
import sys

if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from seer_init.main import main

main()
