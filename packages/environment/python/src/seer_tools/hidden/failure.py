"""What cannot be hidden."""


class CannotHide(Exception):
    """A file would tell which model it is, and cannot be changed so that it does not."""
