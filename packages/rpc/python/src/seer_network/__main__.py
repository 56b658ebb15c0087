"""Runs as `python -m seer_network …`, or by its path, which starts faster."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from seer_network.main import main

main()
