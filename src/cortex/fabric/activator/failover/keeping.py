"""Keep what is remembered of sites where a restart, and another activator, find it.

A file per site in the data folder, and a key in Redis where there is one, sealed: who can write to
Redis must not say where our logins are sent. What cannot be believed is told and left alone.
"""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Final

import structlog

from cortex.errors import CortexError, Malformed
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.peers.coordination import Coordination, within
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import MOST_BYTES, read, written
from cortex.files import write_private

_log = structlog.get_logger()
SEALED: Final = "inventory"
"""What the seals of remembered sites are over."""
MOST_SITES: Final = 16
_REDIS_S: Final = 0.015
"""Seconds that a look into Redis may take: a query waits for it."""
_WRITE_S: Final = 1.0
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_DIGEST: Final = 16


class Shelf:
    """The places where it is kept."""

    def __init__(self, folder: Path, coordination: Coordination, seals: Seals) -> None:
        self._folder = folder
        self._coordination = coordination
        self._seals = seals

    def load(self, now: float) -> tuple[Known, ...]:
        """Read every file that can be believed, the latest sites first, no more than are kept.

        What was read after `now`, in Unix seconds, comes last: its age is not known.
        """
        try:
            files = sorted(self._folder.glob("*.json"))[: MOST_SITES * 4]
        except OSError as error:
            _log.warning("remembered sites cannot be read", reason=error.strerror)
            return ()
        found = (_read(file) for file in files)
        sites = sorted(
            (one for one in found if one), key=lambda one: (one.at <= now, one.at), reverse=True
        )
        return tuple(sites[:MOST_SITES])

    async def save(self, known: Known) -> None:
        """Write a site to both places; what cannot be written is told."""
        content = written(known)
        try:
            await asyncio.to_thread(write_private, self._file(known.site), content)
        except OSError as error:
            _log.warning("a site cannot be remembered on the disk", reason=error.strerror)
        if not self._coordination.ready:
            return
        key = self._key(known.site)
        try:
            sealed = self._seals.sealed(key, content)
            await within(_WRITE_S, self._coordination.redis.call("SET", key, sealed))
        except CortexError as error:
            _log.info("a site is not remembered in Redis", reason=error.message)

    async def shared(self, site: str) -> Known | None:
        """Return what an activator put into Redis, if that is there and can be believed."""
        if not self._coordination.ready:
            return None
        key = self._key(site)
        try:
            reply = await within(_REDIS_S, self._coordination.redis.call("GET", key))
        except CortexError:
            return None
        if not isinstance(reply, bytes):
            return None
        content = self._seals.opened(key, reply)
        if content is None:
            _log.warning("a remembered site in Redis is not from us and is ignored", key=key)
            return None
        try:
            return read(content)
        except Malformed as error:
            _log.warning("a remembered site in Redis is ignored", reason=error.message)
            return None

    def _file(self, site: str) -> Path:
        return self._folder / f"{_name(site)}.json"

    def _key(self, site: str) -> str:
        return f"{self._coordination.prefix}:inventory:{_name(site)}"


def _read(file: Path) -> Known | None:
    try:
        with file.open("rb") as opened:
            known = read(opened.read(MOST_BYTES + 1))
    except OSError as error:
        _log.warning("a remembered site is ignored", file=str(file), reason=error.strerror)
        return None
    except Malformed as error:
        _log.warning("a remembered site is ignored", file=str(file), reason=error.message)
        return None
    if file.stem != _name(known.site):
        _log.warning("a remembered site is ignored", file=str(file), reason="it is another's")
        return None
    return known


def _name(site: str) -> str:
    """Return a name for a file; a site's own may be anything."""
    if _PLAIN.fullmatch(site):
        return site
    return "_" + hashlib.sha256(site.encode()).hexdigest()[:_DIGEST]
