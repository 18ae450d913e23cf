"""Take a transaction that was cut off at the end of the log of changes out of it, before a start.

A server that was cut off while it wrote one (a full disk, a lost machine) skips it at its next
start, but leaves its beginning in the file. What is written behind that is taken for its
continuation at the start after, and lost or done by halves (mended in Valkey by its pull request
4342). The repair program of the server cuts at the right place; it runs only where it is needed.
"""

import asyncio
import mmap
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from cortex.coordination.bundled.folder import Places
from cortex.errors import Misconfigured

_BEGIN = b"*1\r\n$5\r\nMULTI\r\n"
_END = b"*1\r\n$4\r\nEXEC\r\n"
_CHECKER = "redis-check-aof"
_MANIFEST = "appendonly.aof.manifest"


async def mend(program: Path, places: Places) -> bool:
    """Mend the log of changes where it ends within a transaction; tell whether it did.

    Raises:
        Misconfigured: the repair program cannot do it.

    """
    last = _last_file(places)
    if last is None or not await asyncio.to_thread(_is_cut_off, last):
        return False
    checked = places.many_changes / _MANIFEST if places.many_changes.exists() else last
    # The server is its own repair program when it is called by that name.
    process = await asyncio.create_subprocess_exec(
        *(_CHECKER, "--fix", str(checked)),
        executable=program,
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
    )
    said, _ = await process.communicate(b"y\n")
    if process.returncode:
        words = said.decode(errors="replace").strip().splitlines()
        message = f"{str(last)!r} ends within a transaction: {words[-1] if words else 'no reason'}"
        raise Misconfigured(message, setting="home", hint=f"see `{_CHECKER} {checked}`")
    return True


def _last_file(places: Places) -> Path | None:
    """Name the file that was written last; none before the first start."""
    if places.many_changes.exists():
        found = list(places.many_changes.glob("*.incr.aof"))
        return max(found, key=lambda one: int(one.name.split(".")[-3])) if found else None
    return places.changes if places.changes.exists() else None


def _is_cut_off(file: Path) -> bool:
    """Tell whether no end follows the last beginning of a transaction."""
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        begun = text.rfind(_BEGIN)
        return begun >= 0 and text.find(_END, begun) < 0
