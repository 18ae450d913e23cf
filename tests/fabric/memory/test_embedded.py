"""The embedded store: the contract, and what only a store on a disk can meet."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cortex.errors import BadAnswer, Unavailable
from cortex.fabric.memory.collections import COLLECTIONS, Collection
from cortex.fabric.memory.embedded import DAMAGED_S, SPARE_BYTES, open_embedded
from cortex.fabric.memory.shards import open_shard
from cortex.fabric.memory.store import Store, Where
from tests.fabric.memory.contract import (
    OUTCOMES,
    ROUTES,
    StoreContract,
    direction,
    entry,
    everything,
    nth_id,
)

PROGRAM = (sys.executable, "-m", "tests.fabric.memory.writer")


class TestEmbeddedStore(StoreContract):
    """The contract, over the embedded engine."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """Yield an empty store in a folder of its own."""
        opened = await open_embedded(tmp_path / "memory")
        yield opened
        await opened.close()


@asynccontextmanager
async def program(
    verb: str, folder: Path, size: int = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the program beside the test; it is gone afterwards."""
    started = await asyncio.create_subprocess_exec(
        *PROGRAM,
        verb,
        str(folder),
        str(size),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def output(verb: str, folder: Path) -> str:
    """Run the program to its end, which must be a peaceful one, and return what it says."""
    async with program(verb, folder) as running, asyncio.timeout(30):
        said, _ = await running.communicate()
    assert running.returncode == 0
    return said.decode()


async def fill(folder: Path) -> None:
    store = await open_embedded(folder)
    await store.put(OUTCOMES, [entry(n, {"route_id": f"r{n % 7}", "n": n}) for n in range(70)])
    await store.delete(OUTCOMES, [nth_id(3)])
    await store.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a store once for all tests that damage a copy of it."""
    folder = tmp_path_factory.mktemp("filled")
    asyncio.run(fill(folder))
    return folder


def _smaps() -> list[str]:
    return Path("/proc/self/smaps").read_text().splitlines()


@pytest.mark.anyio
async def test_points_outlive_their_store(tmp_path: Path) -> None:
    await fill(tmp_path)
    store = await open_embedded(tmp_path)
    assert await everything(store, OUTCOMES) == [nth_id(n) for n in range(70) if n != 3]
    (found,) = await store.fetch(OUTCOMES, [nth_id(69)], vectors=True)
    assert found.payload == {"route_id": "r6", "n": 69}
    assert found.vector == pytest.approx(direction(69), abs=1e-5)
    assert await store.count(OUTCOMES, Where(equals={"route_id": "r1"})) == 10
    await store.close()


@pytest.mark.anyio
async def test_indexes_are_made_once_and_found_again(tmp_path: Path) -> None:
    await fill(tmp_path)
    for collection in COLLECTIONS.values():
        shard = open_shard(tmp_path, collection)
        assert shard.info().payload_schema.keys() == collection.indexes.keys()
        shard.close()
    shard = open_shard(tmp_path, COLLECTIONS[OUTCOMES])
    assert shard.info().payload_schema["route_id"].points == 69
    shard.close()


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="mappings are read as Linux has them"
)
@pytest.mark.anyio
async def test_an_open_store_at_rest_keeps_next_to_nothing_in_memory(tmp_path: Path) -> None:
    await fill(tmp_path)
    store = await open_embedded(tmp_path)
    kept, of_ours = 0, False
    for line in await asyncio.to_thread(_smaps):
        of_ours = str(tmp_path) in line if "-" in line.split(" ", 1)[0] else of_ours
        kept += int(line.split()[1]) if of_ours and line.startswith("Rss:") else 0
    assert kept < 4_000
    assert await store.count(OUTCOMES) == 69
    await store.close()


@pytest.mark.anyio
async def test_an_index_that_a_later_version_adds_covers_what_is_there(tmp_path: Path) -> None:
    await fill(tmp_path)
    wider = Collection(name=OUTCOMES, indexes={"n": "integer"})
    shard = open_shard(tmp_path, wider)
    assert shard.info().payload_schema["n"].points == 69
    shard.close()


@pytest.mark.anyio
async def test_a_second_opening_is_refused_here_and_from_another_process(tmp_path: Path) -> None:
    store = await open_embedded(tmp_path)
    with pytest.raises(Unavailable, match=r"another Cortex has .* open") as refusal:
        await open_embedded(tmp_path)
    assert str(tmp_path) in refusal.value.message
    assert "/v1/memory" in refusal.value.hint
    assert "another Cortex has" in await output("look", tmp_path)
    await store.put(ROUTES, [entry(1)])
    await store.close()
    assert "routing_queries 1 1" in await output("look", tmp_path)


@pytest.mark.anyio
async def test_a_folder_is_free_again_once_its_owner_was_killed(tmp_path: Path) -> None:
    async with program("hold", tmp_path) as holder, asyncio.timeout(30):
        assert holder.stdout
        assert await holder.stdout.readline() == b"open\n"
        with pytest.raises(Unavailable, match="another Cortex"):
            await open_embedded(tmp_path)
        holder.kill()
        await holder.wait()
    store = await open_embedded(tmp_path)
    await store.close()


@pytest.mark.anyio
async def test_a_half_made_collection_is_made_again(tmp_path: Path) -> None:
    draft = tmp_path / "operations.new"
    (draft / "segments" / "half").mkdir(parents=True)
    (draft / "edge_config.json").write_text('{"vec')
    store = await open_embedded(tmp_path)
    assert await store.count("operations") == 0
    assert not draft.exists()
    await store.close()


@pytest.mark.anyio
async def test_nothing_is_written_to_a_disk_that_is_nearly_full(tmp_path: Path) -> None:
    room = [SPARE_BYTES]
    store = await open_embedded(tmp_path, free=lambda _: room[0])
    await store.put(ROUTES, [entry(1)])
    room[0] -= 1
    with pytest.raises(Unavailable, match=r"is full: 63 MiB are free.*free some space"):
        await store.put(ROUTES, [entry(2)])
    with pytest.raises(Unavailable, match="full"):
        await store.delete(ROUTES, [nth_id(1)])
    assert await store.count(ROUTES) == 1
    room[0] += 1
    await store.put(ROUTES, [entry(2)])
    assert await store.count(ROUTES) == 2
    await store.close()


@pytest.mark.anyio
async def test_a_store_is_not_opened_on_a_full_disk_and_leaves_no_lock(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="full"):
        await open_embedded(tmp_path, free=lambda _: 0)
    store = await open_embedded(tmp_path)
    await store.close()


@pytest.mark.anyio
async def test_a_store_that_met_a_full_disk_works_once_there_is_room(tmp_path: Path) -> None:
    said = (await output("cramped", tmp_path)).splitlines()
    assert said[0].startswith("Unavailable: the disk that holds")
    assert said[1] == "kept 1"


@pytest.mark.anyio
async def test_a_disk_that_fills_up_during_the_first_opening_is_no_harm(tmp_path: Path) -> None:
    assert (await output("tight", tmp_path)).startswith("Unavailable: the disk that holds")
    assert "routing_outcomes 0 0" in await output("look", tmp_path)


@pytest.mark.anyio
async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises((Unavailable, BadAnswer), match="file"):
        await open_embedded(tmp_path / "file" / "memory")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only to root")
@pytest.mark.anyio
async def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    await asyncio.to_thread(tmp_path.chmod, 0o500)
    with pytest.raises(Unavailable, match="cannot be written"):
        await open_embedded(tmp_path)


@pytest.mark.anyio
@pytest.mark.parametrize("harm", ["cut", "scrambled", "emptied"])
@pytest.mark.parametrize(
    "kind",
    [
        "edge_config.json",
        "wal/first-index",
        "wal/open-1",
        "segments/*/segment.json",
        "segments/*/version.info",
        "segments/*/mutable_id_tracker.mappings",
        "segments/*/payload_storage/page_0.dat",
        "segments/*/payload_storage/tracker.dat",
        "segments/*/payload_index/config.json",
        "segments/*/vector_storage/vectors/chunk_0.mmap",
        "segments/*/vector_storage/vectors/status.dat",
    ],
)
async def test_a_damaged_file_never_ends_the_process(
    tmp_path: Path, filled: Path, kind: str, harm: str
) -> None:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    (path,) = (tmp_path / OUTCOMES).glob(kind)
    with path.open("r+b") as file:
        start = file.read(4096)
        match harm:
            case "cut":
                file.truncate(path.stat().st_size // 2)
            case "emptied":
                file.truncate(0)
            case _:
                file.seek(0)
                file.write(bytes(byte ^ 0xFF for byte in start))
    said = await output("look", tmp_path)
    assert "routing_outcomes" in said
    if "BadAnswer" in said:
        assert "is damaged" in said
        assert f"move {tmp_path / OUTCOMES} away" in said
    else:
        assert "troubleshooting 0 0" in said


def scrambled(folder: Path) -> tuple[Path, bytes]:
    """Damage what a collection keeps of its points, and return the file and what it held."""
    (path,) = (folder / OUTCOMES).glob("segments/*/payload_storage/page_0.dat")
    whole = path.read_bytes()
    path.write_bytes(bytes(byte ^ 0xFF for byte in whole))
    return path, whole


@dataclass(slots=True)
class Watch:
    """A clock, and how often something was opened for reading: room is looked for before that."""

    now: float = 1_000.0
    openings: int = 0

    def free(self, _folder: Path) -> int:
        """Have room."""
        self.openings += 1
        return SPARE_BYTES

    def clock(self) -> float:
        """Tell the time."""
        return self.now


@pytest.mark.anyio
async def test_a_damaged_collection_is_refused_at_once_and_looked_at_again_later(
    tmp_path: Path,
) -> None:
    await fill(tmp_path)
    path, whole = scrambled(tmp_path)
    watch = Watch()
    store = await open_embedded(tmp_path, free=watch.free, clock=watch.clock)
    with pytest.raises(BadAnswer, match="is damaged") as first:
        await store.scroll(OUTCOMES)
    path.write_bytes(whole)
    watch.openings = 0
    for _ in range(3):
        watch.now += DAMAGED_S / 4
        with pytest.raises(BadAnswer) as again:
            await store.count(OUTCOMES)
        assert (str(again.value), again.value.hint) == (str(first.value), first.value.hint)
    assert await store.count(ROUTES) == 0
    assert watch.openings == 0
    watch.now += DAMAGED_S / 4
    assert await everything(store, OUTCOMES) == [nth_id(n) for n in range(70) if n != 3]
    assert watch.openings == 1
    await store.close()


@pytest.mark.anyio
async def test_a_collection_that_cannot_be_opened_is_not_tried_at_each_call(tmp_path: Path) -> None:
    await fill(tmp_path)
    scrambled(tmp_path)
    watch = Watch()
    store = await open_embedded(tmp_path, free=watch.free, clock=watch.clock)
    with pytest.raises(BadAnswer):
        await store.scroll(OUTCOMES)
    (tmp_path / OUTCOMES / "edge_config.json").write_text("{")
    watch.now += DAMAGED_S
    watch.openings = 0
    for _ in range(3):
        with pytest.raises(BadAnswer, match=r"edge_config\.json"):
            await store.count(OUTCOMES)
    assert watch.openings == 1
    await asyncio.to_thread((tmp_path / OUTCOMES).rename, tmp_path / "away")
    watch.now += DAMAGED_S
    assert await store.count(OUTCOMES) == 0
    await store.close()
