"""Say as whom the task of a sender runs: the token that the settings name for it, else read only.

Anybody who can write to Redis can give any sender's name; what such a name is worth is decided by
the operator, and never more than its token may do.
"""

from collections.abc import Mapping
from pathlib import Path

from cortex.errors import Misconfigured, NotAllowed
from cortex.fabric.activator.access.principal import Principal, Scope
from cortex.fabric.activator.access.tokens import TokenFile

_UNKNOWN = "sender:"
"""What the name of a sender without a token begins with; no token's name has a colon."""


class Senders:
    """Who may send tasks, and as whom."""

    def __init__(self, home: Path, tokens: Mapping[str, str]) -> None:
        self._file = TokenFile(home)
        self._tokens = dict(tokens)

    def principal_of(self, sender: str) -> Principal:
        """Find as whom a task runs.

        Raises:
            NotAllowed: the token that the settings name is revoked, unknown or cannot be read.

        """
        name = self._tokens.get(sender)
        if name is None:
            hint = f"name a token for the sender {sender!r} in activator.task_senders"
            called = f"{_UNKNOWN}{sender}"
            scopes = frozenset[Scope]({"read"})
            return Principal(name=called, identity=called, scopes=scopes, widened_by=hint)
        try:
            principal = self._file.named(name)
        except Misconfigured:
            principal = None
        if principal is None or not principal.may("read"):
            message = f"the token {name!r} that the sender {sender!r} stands for is not in use"
            hint = "create it, or change activator.task_senders"
            raise NotAllowed(message, hint=hint)
        return principal

    def owner_of(self, sender: str) -> str:
        """Tell the identity of the token that a sender stands for; empty when it is not in use."""
        try:
            return self.principal_of(sender).identity
        except NotAllowed:
            return ""
