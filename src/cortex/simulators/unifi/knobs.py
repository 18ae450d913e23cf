"""The ways in which consoles differ from each other, to be chosen when one is simulated."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Knobs:
    """How this console is installed and how strict it is."""

    layout: Literal["unifi-os", "standalone"] = "unifi-os"
    """`unifi-os` puts the application under `/proxy/network`; `standalone` at the root."""
    private_lanes_take_keys: bool = True
    """Whether `X-API-KEY` also opens the legacy and v2 lanes, as on recent UniFi OS."""
    root_redirects: bool = False
    """Whether UniFi OS answers `GET /` with 302, as newer ones do, instead of a page."""
    session_seconds: float = 7_200.0
    """How long a login lasts."""
    csrf_rotates_after: int = 20
    """Writes after which a session gets a new CSRF token; 0 keeps the first."""
    failures_allowed: int = 5
    """Wrong passwords in a row before the limiter trips."""
    logins_per_minute: int = 6
    """Logins of any outcome within a minute before the limiter trips."""
    limiter_seconds: float = 45.0
    """How long the tripped limiter holds after the last attempt; every retry starts it anew."""

    @property
    def prefix(self) -> str:
        """The path before the application's own."""
        return "/proxy/network" if self.layout == "unifi-os" else ""
