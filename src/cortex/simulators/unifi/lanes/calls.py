"""One request that reached a lane, and the endpoints that answer such requests.

An endpoint is a plain function of the call: it knows no HTTP. What it raises as a `Refusal` the
lane writes in its own envelope.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cortex.simulators.unifi.world import Record, Refusal, Site, World

Method = Literal["GET", "POST", "PUT", "DELETE"]

_LOWER_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked, of which site, by whom."""

    world: World
    site: Site
    now: float
    by: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Record = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return a text from the body.

        Raises:
            Refusal: `api.err.InvalidPayload`, if it is missing or no text.

        """
        value = self.body.get(key)
        if not isinstance(value, str):
            raise invalid_payload()
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """Return a whole number from the body.

        Raises:
            Refusal: `api.err.InvalidPayload`, if it is no number, or missing without a default.

        """
        value = self.body.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid_payload()
        return int(value)

    def optional_number(self, key: str) -> int | None:
        """Return a whole number from the body, or nothing if it is not there."""
        return None if self.body.get(key) is None else self.number(key)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts from the body.

        Raises:
            Refusal: `api.err.InvalidPayload`, if it is anything else.

        """
        value = self.body.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid_payload()
        return value


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and path (after the site) and the function that answers."""

    method: Method
    path: str
    answer: Callable[[Call], Any]
    writes: bool = False


def invalid_payload() -> Refusal:
    """Return the refusal of a body that cannot be."""
    return Refusal("api.err.InvalidPayload")


def not_found() -> Refusal:
    """Return the refusal of a path this version does not have."""
    return Refusal("api.err.NotFound")


def is_lower_mac(mac: str) -> bool:
    """Tell whether the controller recognises the text as a MAC address: lower case only."""
    return _LOWER_MAC.fullmatch(mac) is not None
