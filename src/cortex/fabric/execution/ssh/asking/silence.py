"""What is said of devices that gave no answer: which are silent, which were left alone and why.

Pure. Whether a device that is silent is off, nobody can tell from here, and nothing here does.
"""

from collections.abc import Mapping
from typing import Final

from cortex.errors import BrokenContract, CortexError, Rejected, Unreachable
from cortex.fabric.execution.wording import enumerated

SILENT: Final = "not answering"
_REASONS: Final[Mapping[str, str]] = {
    "auth": "login refused",
    "exec": "no commands taken",
    "host-key-unknown": "host key not known",
    "host-key-old": "host key too old",
    "no-address": "no address known",
}
_MOST_NAMED: Final = 8


def is_silent(error: CortexError) -> bool:
    """Tell whether a device did not answer at all, however it was asked."""
    return isinstance(error, Unreachable)


def why_not(error: CortexError) -> str:
    """Say in a few words why a device told nothing."""
    match error:
        case Unreachable():
            return SILENT
        case Rejected(reason=reason) if reason:
            return _REASONS.get(reason, reason.replace("-", " "))
        case BrokenContract():
            return "answer cannot be read"
        case _:
            return error.code.replace("_", " ")


def who_not(errors: Mapping[str, CortexError]) -> str:
    """Name the devices that told nothing, by name, those that are silent first; empty for none."""
    groups: dict[str, list[str]] = {}
    for name in sorted(errors, key=lambda name: (not is_silent(errors[name]), name.casefold())):
        groups.setdefault(why_not(errors[name]), []).append(name)
    return "; ".join(
        f"{why}: {enumerated(names, most=_MOST_NAMED)}" for why, names in groups.items()
    )
