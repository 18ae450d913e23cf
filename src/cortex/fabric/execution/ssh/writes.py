"""The three things the layer may do to a device, as fixed argument vectors. Pure.

Leaves out on purpose what no device can be brought back from over SSH: factory reset, upgrade,
power off, edits of the configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cortex.errors import Malformed
from cortex.fabric.execution.ssh import slots
from cortex.fabric.execution.ssh.diagnostics import Argv, Place, place_of
from cortex.fabric.execution.ssh.slots import InformUrl
from cortex.fabric.messages.known import MOST_SWITCH_PORTS

WriteName = Literal["reboot", "poe_restart", "set_inform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One change to a device; `argv` is tried first, a fallback only where it is no command."""

    name: WriteName
    argv: Argv
    where: frozenset[Place]
    fallbacks: tuple[Argv, ...] = ()


WRITES: Final[Mapping[str, Write]] = {
    write.name: write
    for write in (
        Write(
            name="reboot",
            argv=("reboot",),
            where=frozenset({"ap", "switch", "gateway", "console"}),
            fallbacks=(("mca-cli-op", "reboot"),),
        ),
        Write(
            name="poe_restart",
            argv=("swctrl", "poe", "restart", "id", "{port}"),
            where=frozenset({"switch"}),
        ),
        Write(
            # Bare set-inform is an alias of the interactive shell on current firmware.
            name="set_inform",
            argv=("mca-cli-op", "set-inform", "{inform}"),
            where=frozenset({"ap", "switch", "gateway"}),
            fallbacks=(("set-inform", "{inform}"),),
        ),
    )
}
"""Every change, by its name."""


def write_argvs(
    name: str,
    *,
    type: str,  # noqa: A002  # the field's name
    port: int = 0,
    inform: InformUrl | None = None,
) -> tuple[Argv, ...]:
    """Return the vectors that make a change on a device of this type, in the order to try.

    Raises:
        Malformed: no such change, not on such a device, or a slot is not valid.

    """
    write = WRITES.get(name)
    if write is None or place_of(type) not in write.where:
        where = f"a device of type {slots.shown(type)}"
        message = f"{slots.shown(name)} is not a change that SSH can make on {where}"
        raise Malformed(message, hint="make the change in the controller")
    return tuple(_filled(argv, port, inform) for argv in (write.argv, *write.fallbacks))


def _filled(argv: Argv, port: int, inform: InformUrl | None) -> Argv:
    return tuple(_word(word, port, inform) for word in argv)


def _word(word: str, port: int, inform: InformUrl | None) -> str:
    match word:
        case "{port}":
            return slots.bounded(port, what="port", most=MOST_SWITCH_PORTS)
        case "{inform}":
            return slots.inform_url(inform or "")
        case _:
            return word
