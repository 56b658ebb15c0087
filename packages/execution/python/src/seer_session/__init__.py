"""The Python process of a local session: cells that share one namespace, as in a notebook."""
