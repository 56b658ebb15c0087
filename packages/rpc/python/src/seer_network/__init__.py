"""Connects the network namespace of a sandbox to the internet and to selected ports of this machine."""
