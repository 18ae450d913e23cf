"""Say what each version of the Network application offers.

The steps of the ladder come from the official OpenAPI files of 9.0 to 10.5 and from field
reports on when the event endpoints froze and when they went.
"""

from dataclasses import dataclass
from typing import Literal

EventApi = Literal["alive", "frozen", "gone"]


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A dotted version that compares by number."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> "Version":
        """Read `10.4.57`; what is missing counts as zero."""
        numbers = [int(part) for part in text.split(".")][:3]
        return cls(*numbers, *([0] * (2 - len(numbers))))


@dataclass(frozen=True, slots=True)
class Offer:
    """What an application of one version answers to."""

    events: EventApi
    """`stat/event` and `stat/alarm`: alive, without new rows, or 404."""
    system_log: bool
    zone_firewall: bool
    integration_operations: int
    filters: bool
    unknown_device_is_error: bool


def offer(text: str) -> Offer:
    """Return what the version named `text` offers."""
    version = Version.parse(text)
    return Offer(
        events=_events(version),
        system_log=version >= Version(9, 0),
        zone_firewall=version >= Version(9, 0),
        integration_operations=_operations(version),
        filters=version >= Version(9, 1),
        unknown_device_is_error=version >= Version(10, 0),
    )


def _events(version: Version) -> EventApi:
    if version < Version(10, 0):
        return "alive"
    return "frozen" if version < Version(10, 2) else "gone"


def _operations(version: Version) -> int:
    steps = (
        (Version(10, 2), 73),
        (Version(10, 1, 78), 67),
        (Version(10, 1), 66),
        (Version(10, 0), 50),
        (Version(9, 1), 15),
        (Version(9, 0), 7),
    )
    return next((count for since, count in steps if version >= since), 0)
