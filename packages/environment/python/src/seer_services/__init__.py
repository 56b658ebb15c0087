"""Servers that run in a sandbox: Jupyter and code-server. They read their settings from standard input."""
