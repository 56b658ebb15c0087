"""The error of anonymizing."""


class CannotAnonymize(Exception):
    """A file identifies the model and cannot be changed safely."""
