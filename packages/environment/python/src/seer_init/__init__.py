"""The first process of a sandbox: runs its commands, reads and writes its files, and ends all of it.

It listens on a Unix socket outside the sandbox's own view of the file system, so only its owner reaches it.
One connection is one request; `frames` has the wire, `server` the requests. Standard library only.
"""
