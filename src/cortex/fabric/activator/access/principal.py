"""Say what one authenticated caller may do.

Pure: `access.tokens` finds the caller, `answer` asks these questions before it acts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

from cortex.fabric.messages import Target

Scope = Literal["read", "operate", "confirm", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Holder(msgspec.Struct, frozen=True):
    """Who holds a token, as it is written down: names can be given anew, identities cannot."""

    name: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The holder of a token; an empty list of tools or targets means all of them."""

    name: str
    identity: str
    """Tells its token from every other, also from an earlier one of the same name."""
    scopes: frozenset[Scope]
    tools: frozenset[str] = frozenset()
    targets: frozenset[str] = frozenset()
    """Ids, MACs, or names that the operator gave, in lower case."""
    widened_by: str = ""
    """What an operator does to let it do more; empty for another token."""

    @property
    def holder(self) -> Holder:
        """Say who it is, to be written down."""
        return Holder(self.name, self.identity)

    def may(self, scope: Scope) -> bool:
        """Tell whether the token carries this scope."""
        return scope in self.scopes

    def may_answer_for(self, identity: str) -> bool:
        """Tell whether it may see to what the token of an identity asked for: its own, or admin."""
        return identity == self.identity or self.may("admin")

    def may_use(self, tool: str) -> bool:
        """Tell whether the token is good for this tool."""
        return not self.tools or tool in self.tools

    def may_touch(self, targets: Iterable[Target]) -> bool:
        """Tell whether every one of these targets, and at least one, is on the token's list."""
        if not self.targets:
            return True
        known = [_known_by(target) for target in targets]
        return bool(known) and all(names & self.targets for names in known)


def _known_by(target: Target) -> frozenset[str]:
    """List what a limit may call a target; a client's name may be one it gave itself."""
    called = (target.id, target.mac, "" if target.kind == "client" else target.name)
    return frozenset(one.lower() for one in called if one)
