"""Connects the network namespace of a sandbox to the internet, or to selected hosts and ports."""
