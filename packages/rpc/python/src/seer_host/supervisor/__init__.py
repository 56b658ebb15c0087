"""The process that owns the port, the queue and the records of calls, and never runs user code."""
