"""Servers of a sandbox for people and tools. They run in it, told by their standard input how."""
