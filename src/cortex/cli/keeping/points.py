"""What memory holds, with its vectors: out of the store or a running Cortex, and back."""

import contextlib
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from cortex.cli.keeping.archive import damaged
from cortex.clients.activator import ActivatorClient
from cortex.decoding import UNREADABLE
from cortex.errors import Malformed, Unavailable
from cortex.fabric.activator.learning.remembrance import memory_folder
from cortex.fabric.memory.collections import COLLECTIONS, CollectionName
from cortex.fabric.memory.embedded import open_embedded
from cortex.fabric.memory.limits import check_points
from cortex.fabric.memory.store import Point, Store
from cortex.files import settle

_PAGE = 128


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    collection: CollectionName
    id: str
    vector: list[float]
    payload: dict[str, Any]


def save_running(client: ActivatorClient, file: Path) -> int:
    """Write all points of a Cortex that runs into a file and tell how many there are."""
    count = 0
    with file.open("wb") as target:
        for name in COLLECTIONS:
            after = ""
            while True:
                asked = urlencode({"vectors": "true", "limit": _PAGE, "after": after})
                page = client.get(f"/v1/memory/{name}?{asked}")
                for one in page["points"]:
                    line = msgspec.convert({"collection": name, **one}, _Line)
                    target.write(msgspec.json.encode(line) + b"\n")
                    count += 1
                after = str(page["after"])
                if not after:
                    break
    return count


async def save(store: Store, file: Path) -> int:
    """Write all points of a store into a file and tell how many there are."""
    count = 0
    with file.open("wb") as target:
        for name in COLLECTIONS:
            async for one in _points(store, name, vectors=True):
                line = _Line(
                    collection=name,
                    id=one.id,
                    vector=list(one.vector),
                    payload=dict(one.payload),
                )
                target.write(msgspec.json.encode(line) + b"\n")
                count += 1
    return count


def check(file: Path) -> None:
    """Read a file of points once, before anything is changed.

    Raises:
        Malformed: there is something else in it.

    """
    try:
        for one in _lines(file):
            check_points([_point(one)])
    except (*UNREADABLE, Malformed) as error:
        problem = f"what memory held cannot be read ({error})"
        raise damaged(problem) from error


async def load(store: Store, file: Path) -> int:
    """Replace all points of a store by those of a file and tell how many there are.

    What is no longer wanted goes last, so that a server that fails half-way lost nothing.
    """
    count = 0
    kept: set[tuple[CollectionName, str]] = set()
    for name, lines in itertools.groupby(_lines(file), key=lambda one: one.collection):
        while some := list(itertools.islice(lines, _PAGE)):
            await store.put(name, [_point(one) for one in some])
            kept.update((name, one.id) for one in some)
            count += len(some)
    for name in COLLECTIONS:
        ids = [one.id async for one in _points(store, name) if (name, one.id) not in kept]
        for start in range(0, len(ids), _PAGE):
            await store.delete(name, ids[start : start + _PAGE])
    return count


@contextlib.asynccontextmanager
async def staged(home: Path, file: Path) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Fill a memory folder beside the one of a data folder; the given call exchanges them.

    Raises:
        CortexError: there is no room for it, or it does not hold what was put into it.

    """
    # What is a link is exchanged where it leads to: a folder can be renamed on its own disk only.
    place = memory_folder(home).resolve()
    draft, former = (place.with_name(f".{place.name}-{one}") for one in ("restoring", "replaced"))
    if former.exists() and not place.exists():
        # A restore was killed between the two renames.
        former.rename(place)
    _clear(draft, former)
    try:
        store = await open_embedded(draft)
        try:
            count = await load(store, file)
            there = sum([await store.count(name) for name in COLLECTIONS])
        finally:
            await store.close()
        if there != count:
            message = f"memory took {there} of {count} points"
            raise Unavailable(message, hint="nothing was replaced; restore once more")

        async def exchange() -> None:
            if place.exists():
                place.rename(former)
            draft.rename(place)
            settle(place.parent)

        yield exchange
    finally:
        _clear(draft, former)


def _clear(*folders: Path) -> None:
    for one in folders:
        shutil.rmtree(one, ignore_errors=True)


async def _points(
    store: Store, name: CollectionName, *, vectors: bool = False
) -> AsyncIterator[Point]:
    after = ""
    while True:
        page = await store.scroll(name, limit=_PAGE, after=after, vectors=vectors)
        for one in page.points:
            yield one
        after = page.after
        if not after:
            return


def _point(line: _Line) -> Point:
    return Point(id=line.id, vector=line.vector, payload=line.payload)


def _lines(file: Path) -> Iterator[_Line]:
    with file.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=_Line)
