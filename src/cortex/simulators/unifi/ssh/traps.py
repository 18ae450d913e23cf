"""Describes what may go wrong between a client and a device, as data, and chooses what does.

changed_hostkey   the server shows another key, as after a factory reset or from an impostor
slow_banner       it accepts and is silent for so many seconds
auth_refused      no password and no key is good enough
refused_port      nothing listens
lost_status       the channel closes and tells no exit status, after the output
endless           the command prints nothing and does not end
flood             the command's output does not end
garbage           escape sequences and bytes that are no text, in place of the output
hostile_logs      log lines with escape sequences, and text that reads like an order
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Annotated, Any

import msgspec

from cortex.simulators.unifi.control.faults import Count, read_as
from cortex.simulators.unifi.world import Device


class _Match(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """Which devices a trap is for."""

    device: str = "*"
    """MAC address or name; `*` and `?` are wildcards."""
    times: Count | None = None
    """How often it strikes before it is spent; no number means always."""


class _OnCommand(_Match, frozen=True, kw_only=True):
    """Which commands a trap is for."""

    command: str = "*"
    """The words with single spaces between them; `*` and `?` are wildcards."""


class ChangedHostKey(_Match, frozen=True, kw_only=True, tag="changed_hostkey"):
    """The server shows another key."""


class SlowBanner(_Match, frozen=True, kw_only=True, tag="slow_banner"):
    """The server says nothing for a while after it has accepted."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=3_600)] = 5.0


class AuthRefused(_Match, frozen=True, kw_only=True, tag="auth_refused"):
    """Nobody may log in."""


class RefusedPort(_Match, frozen=True, kw_only=True, tag="refused_port"):
    """Nothing listens."""


class LostStatus(_OnCommand, frozen=True, kw_only=True, tag="lost_status"):
    """The channel closes without an exit status."""


class Endless(_OnCommand, frozen=True, kw_only=True, tag="endless"):
    """The command prints nothing and does not end."""


class Flood(_OnCommand, frozen=True, kw_only=True, tag="flood"):
    """The output does not end."""


class Garbage(_OnCommand, frozen=True, kw_only=True, tag="garbage"):
    """The output is no text."""


class HostileLogs(_OnCommand, frozen=True, kw_only=True, tag="hostile_logs"):
    """Somebody has written into the logs."""


OnConnection = ChangedHostKey | SlowBanner | AuthRefused | RefusedPort
OnCommand = LostStatus | Endless | Flood | Garbage | HostileLogs
Trap = OnConnection | OnCommand


def read(described: Any) -> tuple[Trap, ...]:
    """Read one trap or a list of them from plain JSON values.

    Raises:
        FaultError: a kind or field is unknown, or a value is out of range.

    """
    return tuple(read_as(list[Trap], described, word="trap"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A trap that has been set."""

    id: int
    trap: Trap
    hits: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it can strike no more."""
        return self.trap.times is not None and self.hits >= self.trap.times

    def covers(self, device: Device) -> bool:
        """Tell whether the trap is for this device."""
        wanted = self.trap.device.lower()
        return any(fnmatchcase(name.lower(), wanted) for name in (device.mac, device.name))


class Traps:
    """The traps that are set now."""

    def __init__(self) -> None:
        self._standing: dict[int, Standing] = {}
        self._last = 0

    def add(self, *traps: Trap) -> tuple[int, ...]:
        """Set traps and return their numbers."""
        numbers = range(self._last + 1, self._last + len(traps) + 1)
        for number, trap in zip(numbers, traps, strict=True):
            self._standing[number] = Standing(number, trap)
        self._last += len(traps)
        return tuple(numbers)

    def remove(self, number: int) -> bool:
        """Take one trap away; false if there is no such number."""
        return self._standing.pop(number, None) is not None

    def clear(self) -> None:
        """Take every trap away."""
        self._standing.clear()

    def __iter__(self) -> Iterator[Standing]:
        return iter(tuple(self._standing.values()))

    def refuses(self, device: Device) -> bool:
        """Tell whether the device's port is shut; that is a state and counts as no strike."""
        return any(
            isinstance(each.trap, RefusedPort) and each.covers(device) and not each.is_over
            for each in self
        )

    def on_connection(self, device: Device) -> tuple[OnConnection, ...]:
        """Choose the traps a new connection runs into, and count them."""
        return tuple(
            each.trap
            for each in self
            if isinstance(each.trap, OnConnection) and self._strikes(each, device)
        )

    def on_command(self, device: Device, line: str) -> tuple[OnCommand, ...]:
        """Choose the traps a command runs into, and count them."""
        return tuple(
            each.trap
            for each in self
            if isinstance(each.trap, OnCommand)
            and fnmatchcase(line, each.trap.command)
            and self._strikes(each, device)
        )

    def _strikes(self, standing: Standing, device: Device) -> bool:
        if standing.is_over or not standing.covers(device):
            return False
        self._standing[standing.id] = replace(standing, hits=standing.hits + 1)
        return True
