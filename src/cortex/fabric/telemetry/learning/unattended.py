"""Have Cortex learn by itself once enough answers were judged, in a process that is bounded.

The work is that of `cortex learn run`, with its account. It is tried once for so many answers,
whatever becomes of it, so that what cannot be learned from is not tried over and over. The layer is
held awake meanwhile; where Redis is away it is not, and its cooldown may end the work.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from cortex.fabric.telemetry.learning.account import (
    Account,
    account_in,
    is_due,
    put_account,
)

_LOOK_S: Final = 10.0
_LONGEST_S: Final = 1_800.0
"""Seconds after which learning is given up; usually it takes a few minutes."""
_NICE: Final = 10
"""What people ask goes first."""
_log = structlog.get_logger(__name__)


def command_of(home: Path) -> tuple[str, ...]:
    """Return the command that learns on a data folder."""
    return (sys.executable, "-m", "cortex", "learn", "run", "--home", str(home))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattended:
    """Learns when it is due; `judged` counts judged answers, none while that is not known."""

    folder: Path
    """Where the account lies."""
    judged: Callable[[], int | None]
    after: int
    command: Sequence[str]
    environ: Mapping[str, str]
    awake: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext
    """Holds the layer awake while a block runs."""
    look_s: float = _LOOK_S
    longest_s: float = _LONGEST_S

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            judged = self.judged()
            if judged is not None and await asyncio.to_thread(self._due, judged):
                await self._learn(judged)
            await asyncio.sleep(self.look_s)

    def _due(self, judged: int) -> bool:
        return is_due(judged, account_in(self.folder), after=self.after)

    async def _learn(self, judged: int) -> None:
        begun = Account(at=time.time(), judged=judged, lines=("it was begun, and did not end",))
        await asyncio.to_thread(put_account, self.folder, begun)
        _log.info("learning from judged answers", judged=judged)
        async with self.awake():
            why = await self._ended()
        if why:
            _log.warning("learning did not come off", reason=why)
        if why and await asyncio.to_thread(account_in, self.folder) == begun:
            said = Account(at=begun.at, judged=judged, lines=(f"it did not come off: {why}",))
            await asyncio.to_thread(put_account, self.folder, said)

    async def _ended(self) -> str:
        """Run the command to its end, or to that of the time; say why it did not come off."""
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *self.command, env=self.environ, stdin=quiet, stdout=quiet, stderr=quiet
        )
        try:
            with contextlib.suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
            async with asyncio.timeout(self.longest_s):
                code = await process.wait()
        except TimeoutError:
            return f"it took longer than {self.longest_s:g} s"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return f"it ended with exit code {code}" if code else ""
