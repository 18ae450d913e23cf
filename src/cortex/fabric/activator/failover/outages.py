"""Remember that the controller does not answer, and find out as soon as it does.

An outage is told when it begins and when it ends. While one lasts each query looks whether the
port opens, which takes a moment at most; where an open port proves nothing, a whole question is
asked beside the queries, and a query waits for it a little where the last silence is long ago.
What an outage means for a call is decided by `deciding`.
"""

import asyncio
import contextlib
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

import structlog

from cortex.errors import CortexError
from cortex.fabric.activator import metrics
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.failover.deciding import Kind, Line, Outage, Trigger, outage_of

_log = structlog.get_logger()
_LOOK_S: Final = 0.03
_ASK_EVERY_S: Final = 3.0
_FRESH_S: Final = 12.0
"""Seconds for which the controller's silence is believed where an open port proves nothing."""
_CHECK_S: Final = 1.5
"""Seconds for which a query waits to see whether an older silence lasts."""
_SILENCE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT})
_MOST_TOOLS: Final = 64
_FORGET_PATH_S: Final = 600.0
"""Seconds after which a path that was gone is asked for again."""


@dataclass(slots=True, repr=False)
class Outages:
    """What is known of the controller."""

    address: str
    """Its URL; empty where there is none."""
    accounts: Accounts
    now: Callable[[], float]
    """Unix seconds."""
    answers: Callable[[], Awaitable[object]]
    """Asks the controller a whole question; raises a CortexError where it does not answer."""
    whole: Outage | None = None
    """That of the whole controller."""
    _gone: dict[str, Outage] = field(default_factory=dict)
    _asking: asyncio.Task[None] | None = None
    _asked_at: float = float("-inf")
    _silent_at: float = float("-inf")
    """When the controller was last seen not to answer, in Unix seconds."""

    async def current(self, tool: str) -> Outage | None:
        """Return the outage that this tool meets, having looked whether it is over."""
        if (outage := self.whole) is None:
            return self._path(tool)
        if outage.by_connection and await self.line() == "open":
            self.over(outage)
            return self._path(tool)
        fresh = 0 <= self.now() - self._silent_at < _FRESH_S
        if outage.by_connection or fresh:
            self._ask()
            return self.whole
        await self._check()
        return self.whole or self._path(tool)

    async def begun(self, trigger: Trigger, tool: str) -> Outage:
        """Note what a call met."""
        line = await self.line() if trigger.kind != "path_gone" else "unknown"
        outage = outage_of(trigger, line, tool=tool, since=self.now())
        if outage.kind is Kind.PATH_GONE:
            if len(self._gone) < _MOST_TOOLS:
                self._gone[tool] = outage
            return outage
        self._silent_at = self.now()
        if self.whole is not None and self.whole.kind is outage.kind:
            return self.whole
        began = self.whole is None
        self.whole = outage if self.whole is None else replace(outage, since=self.whole.since)
        # It has just been asked: the next question is due in a while.
        self._asked_at = asyncio.get_running_loop().time()
        if began:
            _log.info("what was met", answer=trigger.message)
            self._tell("began", outage)
        return self.whole

    def over(self, outage: Outage) -> None:
        """Note that the controller answers again; news of an outage before is no news."""
        if self.whole is outage:
            self.whole = None
            self._tell("over", outage)

    async def line(self, within_s: float = _LOOK_S) -> Line:
        """Look what a connection to the controller comes to."""
        parts = urlsplit(self.address)
        if not parts.hostname:
            return "unknown"
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(within_s):
                _, writer = await asyncio.open_connection(parts.hostname, port)
        except TimeoutError:
            return "silent"
        except OSError as error:
            return "silent" if error.errno in _SILENCE else "refused"
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await writer.wait_closed()
        return "open"

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _path(self, tool: str) -> Outage | None:
        outage = self._gone.get(tool)
        if outage is not None and not 0 <= self.now() - outage.since < _FORGET_PATH_S:
            del self._gone[tool]
            return None
        return outage

    def _ask(self) -> None:
        """Ask beside the queries, once at a time and not too often."""
        now = asyncio.get_running_loop().time()
        if now - self._asked_at >= _ASK_EVERY_S:
            self._begin_asking()

    def _begin_asking(self) -> asyncio.Task[None] | None:
        """Return the question that is under way, begun now where none is."""
        if self.whole is not None and (self._asking is None or self._asking.done()):
            self._asked_at = asyncio.get_running_loop().time()
            asked = self._asked(self.whole)
            self._asking = asyncio.create_task(asked, name="asking the controller")
        return self._asking

    async def _check(self) -> None:
        """Wait a little for the controller: silence for so long is believed for a while again."""
        if asking := self._begin_asking():
            await asyncio.wait({asking}, timeout=_CHECK_S)
        self._silent_at = self.now()

    async def _asked(self, outage: Outage) -> None:
        try:
            await self.answers()
        except CortexError as error:
            self._silent_at = self.now()
            _log.info("the controller still does not answer", reason=error.message)
            return
        self.over(outage)

    def _tell(self, what: str, outage: Outage) -> None:
        told = {"what": what, "reason": outage.kind.value, "since": outage.since}
        self.accounts.metrics.show(metrics.CONTROLLER_AWAY, 1 if what == "began" else 0)
        self.accounts.journal.add("outage", **told, why=outage.why)
        self.accounts.events.outage(over=what == "over", reason=outage.kind.value)
        _log.warning("outage", **told, why=outage.why)
