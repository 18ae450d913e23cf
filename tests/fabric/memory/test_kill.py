"""A process that is killed while it writes loses nothing that it was told is kept."""

import asyncio
import random
from pathlib import Path

import pytest

from cortex.fabric.memory.collections import COLLECTIONS
from cortex.fabric.memory.embedded import open_embedded
from tests.fabric.memory.contract import OUTCOMES, everything
from tests.fabric.memory.test_embedded import program
from tests.requirements import requirement


async def kill_after(verb: str, folder: Path, lines: int) -> set[str]:
    """Run the writer, kill it once it printed that many ids, and return all that it printed."""
    async with program(verb, folder, 2_000) as writer, asyncio.timeout(50):
        assert writer.stdout
        printed = [await writer.stdout.readline() for _ in range(lines + 1)]
        writer.kill()
        printed += (await writer.stdout.read()).splitlines(keepends=True)
        await writer.wait()
    assert writer.returncode == -9
    return {line.decode().strip() for line in printed if line.endswith(b"\n")} - {"open"}


def names(folder: Path) -> set[str]:
    """Name what is in a folder."""
    return {one.name for one in folder.iterdir()}


@requirement("learning.survives")
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("verb", "seed"), [("write", 1), ("write", 2), ("batches", 3), ("batches", 4)]
)
async def test_a_kill_loses_nothing_that_was_put(tmp_path: Path, verb: str, seed: int) -> None:
    lines = random.Random(seed).randrange(1, 1_700)  # noqa: S311  # when to kill is no secret
    printed = await kill_after(verb, tmp_path, lines)
    assert len(printed) >= lines
    store = await open_embedded(tmp_path)
    kept = await everything(store, OUTCOMES)
    assert printed <= set(kept)
    assert len(kept) == len(set(kept)) == await store.count(OUTCOMES)
    found = await store.fetch(OUTCOMES, sorted(printed), vectors=True)
    assert all(len(point.vector) == 384 and point.payload["note"] for point in found)
    await store.close()


@pytest.mark.anyio
async def test_kill_after_kill_loses_nothing(tmp_path: Path) -> None:
    printed: set[str] = set()
    for lines in (40, 300, 90):
        printed |= await kill_after("write", tmp_path, lines)
    store = await open_embedded(tmp_path)
    assert printed <= set(await everything(store, OUTCOMES))
    await store.close()


@pytest.mark.anyio
@pytest.mark.parametrize("number", range(1, len(COLLECTIONS) + 1))
async def test_a_kill_during_the_first_opening_leaves_a_folder_that_opens(
    tmp_path: Path, number: int
) -> None:
    async with program("halt", tmp_path, number) as opening, asyncio.timeout(30):
        assert opening.stdout
        assert await opening.stdout.readline() == b"halted\n"
        opening.kill()
        await opening.wait()
    *made, drafted = list(COLLECTIONS)[:number]
    assert names(tmp_path) == {"lock", *made, f"{drafted}.new"}
    store = await open_embedded(tmp_path)
    assert await store.count(OUTCOMES) == 0
    await store.close()
    assert names(tmp_path) == {"lock", *COLLECTIONS}
