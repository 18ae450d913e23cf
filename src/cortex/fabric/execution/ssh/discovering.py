"""Devices that nobody remembers, looked for over UDP: who answers, and what it may be.

Answers `POST /v1/discover`. Whoever answers may claim anything: no host key is known of a device
that was found, so a login needs `first_use`, or a key that an operator accepted.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.clients.discovery import Found, discover
from cortex.errors import Rejected
from cortex.fabric.messages import DiscoverRequest
from cortex.fabric.messages.entrance import Keys, admit, answered, body_as
from cortex.fabric.messages.known import kept

_LONGEST_S: Final = 3.0
_MARGIN_S: Final = 0.25
_KINDS: Final = (
    (re.compile(r"UDM|UDR|UDW|UCG|EFG", re.IGNORECASE), "udm"),
    (re.compile(r"UXG|UXB", re.IGNORECASE), "uxg"),
    (re.compile(r"UGW", re.IGNORECASE), "ugw"),
    (re.compile(r"US(?!P)|S[0-9]", re.IGNORECASE), "usw"),
    (re.compile(r"U[0-9]|UA|UK|UH|UF|BZ|E7", re.IGNORECASE), "uap"),
)
"""What codes of models and of firmware begin with, and the controller's type of such a device."""


@dataclass(frozen=True, slots=True)
class Discovering:
    """The endpoint that looks for devices."""

    places: tuple[str, ...]
    """Where the settings say that they may be."""
    keys: Keys
    clock: Callable[[], float]

    def route(self) -> Route:
        """Return its route."""
        return Route("/v1/discover", self.look, methods=["POST"])

    async def look(self, request: Request) -> Response:
        """Answer which devices there are."""
        admit(request, self.keys)
        asked = await body_as(request, DiscoverRequest)
        if not self.places:
            message = "nothing is remembered of the site, and no place to look for devices is set"
            hint = "set ssh.discovery, or ask once while the controller answers"
            raise Rejected(message, reason="no-discovery", hint=hint)
        wait_s = min(_LONGEST_S, max(_MARGIN_S, asked.deadline_ms / 1000 - _MARGIN_S))
        found = await discover(self.places, wait_s=wait_s)
        known = kept(
            site=asked.site or "default",
            site_name="",
            at=self.clock(),
            inform_url="",
            devices=records_of(found),
            clients=(),
        )
        return answered(known)


def records_of(found: Iterable[Found]) -> list[dict[str, Any]]:
    """Return records such as the controller has, of devices that answered; it knows more."""
    return [
        {
            "mac": one.mac,
            "name": one.hostname,
            "model": one.model,
            "type": type_of(one.model) or type_of(one.firmware),
            "ip": one.ip,
            "version": one.firmware,
        }
        for one in found
    ]


def type_of(code: str) -> str:
    """Return the controller's type of a model or firmware, or nothing where its code tells none."""
    return next((kind for pattern, kind in _KINDS if pattern.match(code)), "")
