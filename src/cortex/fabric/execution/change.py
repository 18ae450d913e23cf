"""What a changing tool is made of: how to look, what to send, and how to tell that it holds.

The order of things (intent, send, read back) is the same for all and belongs to `performing`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from cortex.fabric.execution.call import BoundCall

C = TypeVar("C", bound=BoundCall)

State = Mapping[str, Any]
"""What was seen of a target: plain JSON values, never a secret."""


class Progress(StrEnum):
    """How far a change has come."""

    HOLDS = "holds"
    """The post-condition is seen to hold."""
    UNDER_WAY = "under way"
    """It was seen to have begun: the device is going down, the test runs."""
    NOT_YET = "not yet"
    """Nothing of it is to be seen."""


@dataclass(frozen=True, slots=True)
class Seen(Generic[C]):
    """A target before its change and now, and whether the change was seen under way between."""

    call: C
    before: State
    now: State
    went: bool = False


def _no_objection(_call: BoundCall, _state: State) -> str:
    return ""


def _nothing(_call: BoundCall) -> State:
    return {}


async def _nobody(_call: BoundCall) -> str:
    return ""


def _as_told(_call: BoundCall) -> str:
    return ""


def _no_facts(_seen: Seen[Any]) -> State:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[C]):
    """One way of changing the network."""

    look: Callable[[C], Awaitable[State]]
    """Reads the target as it is now."""
    send: Callable[[C], Awaitable[object]]
    """Sends the one request that changes it."""
    wanted: Callable[[C], State] = _nothing
    """The values that the controller's record holds once it is changed."""
    judge: Callable[[Seen[C]], Progress] | None = None
    """Tells how far it has come, where that is more than a record with the wanted values."""
    done: str | Callable[[C], str]
    """The answer when it holds; `{argument}` stands for the bound name."""
    already: str = ""
    """The answer when it held before, so that nothing was sent; empty for what can be repeated."""
    objection: Callable[[C, State], str] = _no_objection
    """Says why the target, as it is now, cannot be changed this way; empty when it can."""
    warning: Callable[[C, State], str] = _no_objection
    """Says what a person should know before a yes."""
    affected: Callable[[C], Awaitable[str]] = _nobody
    """Says who or what else a person should think of before a yes, looked up for the preview."""
    what: str | Callable[[C], str] = ""
    """Words for the preview where the catalogue's do not read well."""
    harm: Callable[[C], str] = _as_told
    """Says what it may harm where the catalogue's words do not fit the call; else empty."""
    found: Callable[[Seen[C]], State] = _no_facts
    """Facts for the answer, as a measurement."""
    rows: Callable[[Seen[C]], Awaitable[list[dict[str, Any]]]] | None = None
    """Rows for the answer that are no part of the state, because they are not to be kept."""
    undo: Callable[[Seen[C]], tuple[str, dict[str, Any]] | None] | None = None
    """The call that undoes it, where only what was made tells; else the catalogue says."""

    def asks(self, call: C) -> str:
        """Return the template of what is done, in words for a preview."""
        what = self.what if isinstance(self.what, str) else self.what(call)
        return what or call.tool.preview

    def says(self, call: C) -> str:
        """Return the template of the answer when it holds."""
        return self.done if isinstance(self.done, str) else self.done(call)

    @property
    def stored(self) -> bool:
        """Whether the record itself is what changes, so that an old value in it means no."""
        return self.judge is None

    def progress(self, seen: Seen[C]) -> Progress:
        """Tell how far the change has come."""
        if self.judge is not None:
            return self.judge(seen)
        return Progress.NOT_YET if self.lacking(seen) else Progress.HOLDS

    def lacking(self, seen: Seen[C]) -> State:
        """Return the values that the record still has instead of the wanted ones."""
        wanted = self.wanted(seen.call)
        return {name: seen.now.get(name) for name in wanted if seen.now.get(name) != wanted[name]}

    def held_before(self, call: C, before: State) -> bool:
        """Tell whether there is nothing to change."""
        return bool(self.already) and self.progress(Seen(call, before, before)) is Progress.HOLDS
