"""Throws malformed input at a real host and checks that it bears it: `python -m fuzz --help`."""
