"""Runs as `python -m seer_init …`, or by its path, which starts faster."""

import os
import sys

if not __package__:
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from seer_init.main import main

main()
