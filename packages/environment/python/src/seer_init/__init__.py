"""The init process of a sandbox: runs commands, reads and writes files, and ends all processes.

It listens on a Unix socket outside the sandbox's file system, so that only the owner reaches it. Each
connection carries one request; see `frames` for the protocol and `server` for the operations. Standard
library only.
"""
