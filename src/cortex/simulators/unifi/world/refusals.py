"""Say no the way the controller says no: by a code of its own.

The lanes turn a refusal into their envelope; the world only names the reason.
"""


class Refusal(Exception):
    """A command the world cannot carry out; `code` is the controller's own (`api.err.…`)."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
