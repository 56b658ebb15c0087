"""Hiding which model a directory has; see `seer_tools.blind_model`."""
