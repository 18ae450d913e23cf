"""Account for writes that were begun and whose end nobody saw, because Cortex ended meanwhile.

A layer writes down what it is about to send, and what came of it. What is left without an end when
the activator starts was being carried out when all was killed: it is told of, and then ended in the
layer's file, so that it is told of once. What became of it is left to whoever reads it back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import structlog

from cortex.coordination.supervision import beside
from cortex.decoding import UNREADABLE
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.peers.outbox import Outbox
from cortex.fabric.messages.intents import FILE, OLDER, UNSETTLED, Ending, Intent
from cortex.files import appending

_LAYERS = "execution-*"
_UNSEEN = "Cortex ended before it was seen what came of it"
_log = structlog.get_logger()


@asynccontextmanager
async def accounted(
    home: Path, accounts: Accounts, outbox: Outbox, doubted: Callable[[Intent], None]
) -> AsyncIterator[None]:
    """Tell of what was interrupted; it is ended in its file as soon as Redis has the telling.

    Entered before anything is performed: what is under way later has no end either.
    """
    found = await asyncio.to_thread(_found, home)
    for intents in found.values():
        for one in intents:
            accounts.interrupted(one)
            doubted(one)

    async def close() -> None:
        # Killed before this, the next start tells again, of the same event.
        await outbox.emptied()
        for folder, intents in found.items():
            await asyncio.to_thread(_close, folder, intents)

    async with beside(close, name="ending what was interrupted"):
        yield


def left_open(folder: Path) -> tuple[Intent, ...]:
    """Return the intents of a layer's folder that were to be sent, and have no end.

    Raises:
        OSError: its files cannot be read.

    """
    intents, ended = dict[str, Intent](), set[str]()
    for file in (folder / OLDER, folder / FILE):
        for line in file.read_bytes().splitlines() if file.is_file() else ():
            match _read(line):
                case Intent() as one:
                    intents[one.nonce] = one
                case Ending(ended=nonce):
                    ended.add(nonce)
                case None:
                    pass
    return tuple(one for one in intents.values() if one.sends and one.nonce not in ended)


def _found(home: Path) -> dict[Path, tuple[Intent, ...]]:
    found = dict[Path, tuple[Intent, ...]]()
    for folder in sorted(home.glob(_LAYERS)):
        try:
            found[folder] = left_open(folder)
        except OSError as error:
            _log.warning("intents cannot be read", folder=str(folder), reason=error.strerror)
    return {folder: intents for folder, intents in found.items() if intents}


def _read(line: bytes) -> Intent | Ending | None:
    kind: type[Intent | Ending] = Ending if line.startswith(b'{"ended":') else Intent
    try:
        return msgspec.json.decode(line, type=kind)
    except UNREADABLE:
        return None


def _close(folder: Path, intents: Sequence[Intent]) -> None:
    endings = (Ending(ended=one.nonce, status=UNSETTLED, answer=_UNSEEN) for one in intents)
    # A line that a crash cut off is ended first; an empty one is passed over.
    lines = b"\n" + b"".join(msgspec.json.encode(one) + b"\n" for one in endings)
    try:
        # The layer may be awake by now: as one of its own processes would.
        with appending(folder / FILE) as file:
            file.write(lines)
    except OSError as error:
        _log.warning("intents cannot be ended", folder=str(folder), reason=error.strerror)
