"""How a Qdrant server says no: a status and a text that begins as its own do."""

from typing import NoReturn


class Refusal(Exception):
    """A request that is not carried out."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def malformed(what: str) -> NoReturn:
    """Refuse a body that cannot be read."""
    raise Refusal(400, f"Format error in JSON body: {what}")


def invalid(field: str, why: str, *, where: str = "JSON body") -> NoReturn:
    """Refuse a value that can be read and is not allowed."""
    raise Refusal(422, f"Validation error in {where}: [{field}: {why}]")


def wrong_input(what: str) -> NoReturn:
    """Refuse what does not fit the collection."""
    raise Refusal(400, f"Wrong input: {what}")


def not_simulated(what: str) -> NoReturn:
    """Refuse what a real server may do and this one does not."""
    raise Refusal(501, f"the simulated server does not know {what}")
