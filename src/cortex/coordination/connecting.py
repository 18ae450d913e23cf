"""A client of whichever Redis the settings name: theirs, or the bundled one of the data folder.

Takes the values of the section `redis`. Who starts the bundled server is decided elsewhere: the
client finds it as soon as any process of the data folder has.
"""

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import bundled_url


class Wanted(Protocol):
    """Which Redis is wanted, as `settings.knobs.Redis` says it."""

    @property
    def url(self) -> str:
        """Its address; empty for the bundled one."""

    @property
    def username(self) -> str:
        """The ACL user; empty for the default one."""

    @property
    def password(self) -> str | None:
        """The password, when it wants one."""

    @property
    def ca_file(self) -> Path | None:
        """Whose certificates to believe over TLS; none believes the system's."""

    @property
    def timeout(self) -> timedelta:
        """The longest wait for one reply."""


def client_of(wanted: Wanted, home: Path) -> RedisClient:
    """Make a client; the bundled server is taken to run, or to be started by somebody.

    Raises:
        Misconfigured: the address or the CA file cannot be used.

    """
    if not wanted.url:
        return RedisClient.of(bundled_url(home), timeout_s=wanted.timeout.total_seconds())
    return RedisClient.of(
        wanted.url,
        username=wanted.username,
        password=wanted.password or "",
        ca_file=wanted.ca_file,
        timeout_s=wanted.timeout.total_seconds(),
    )
