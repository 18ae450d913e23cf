"""An intent is claimed once, whatever process asks, and outlives a crash."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from cortex.errors import Unavailable
from cortex.fabric.execution.perform.intents import LARGEST, Intents
from cortex.fabric.messages.intents import FILE, OLDER, Intent
from tests.file_writer import kept

pytestmark = pytest.mark.anyio


def intent(nonce: str, *, expires_at: float = 100.0) -> Intent:
    return Intent(
        nonce=nonce,
        digest="d",
        tool="block_client",
        site="default",
        targets=("aa:bb:cc:dd:ee:ff",),
        principal="ada",
        query_id="q1",
        recorded_at=1.0,
        expires_at=expires_at,
        sends=True,
        before={"blocked": False},
    )


def names_in(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def opened(folder: Path, *, now: float = 0.0) -> Intents:
    return Intents(folder, clock=lambda: now)


async def test_a_nonce_is_claimed_once(tmp_path: Path) -> None:
    intents = opened(tmp_path)
    assert await intents.claim(intent("a"))
    assert not await intents.claim(intent("a"))
    assert intents.known("a") == intent("a")


async def test_a_nonce_is_claimed_once_by_two_processes(tmp_path: Path) -> None:
    old, new = opened(tmp_path), opened(tmp_path)
    assert await old.claim(intent("a"))
    assert not await new.claim(intent("a"))
    assert new.known("a") == intent("a")
    assert await new.claim(intent("b"))
    assert not await old.claim(intent("b"))


async def test_many_at_once_claim_each_nonce_once(tmp_path: Path) -> None:
    logs = [opened(tmp_path) for _ in range(3)]
    claims = [log.claim(intent(f"n{number}")) for number in range(5) for log in logs]
    assert sum(await asyncio.gather(*claims)) == 5


async def test_what_came_of_it_is_read_back(tmp_path: Path) -> None:
    intents = opened(tmp_path)
    await intents.claim(intent("a"))
    await intents.end("a", status="done", answer="It is so.")
    again = opened(tmp_path)
    ending = again.ending("a")
    assert ending is not None
    assert (ending.status, ending.answer) == ("done", "It is so.")
    assert again.ending("b") is None


async def test_a_full_file_becomes_the_older_one_and_forgets_only_what_expired(
    tmp_path: Path,
) -> None:
    intents = opened(tmp_path, now=50.0)
    await intents.claim(intent("old", expires_at=10.0))
    await intents.claim(intent("young", expires_at=90.0))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"x" * LARGEST)
    assert await intents.claim(intent("next"))
    assert (tmp_path / OLDER).stat().st_size > LARGEST
    assert (tmp_path / FILE).stat().st_size < 1_000
    assert intents.known("old") is None
    for log in (intents, opened(tmp_path)):
        assert log.known("young") is not None
        assert not await log.claim(intent("young"))


async def test_what_has_not_expired_outlives_every_turn_of_the_file(tmp_path: Path) -> None:
    intents = opened(tmp_path, now=50.0)
    await intents.claim(intent("young", expires_at=90.0))
    await intents.end("young", status="done", answer="It is so.")
    for turn in range(3):
        with (tmp_path / FILE).open("ab") as file:
            file.write(b"x" * LARGEST)
        assert await intents.claim(intent(f"turn {turn}"))
    again = opened(tmp_path, now=50.0)
    assert not await again.claim(intent("young"))
    ending = again.ending("young")
    assert ending is not None
    assert ending.status == "done"
    assert names_in(tmp_path) == {FILE, OLDER}


async def test_more_than_the_file_may_hold_is_kept_while_none_of_it_has_expired(
    tmp_path: Path,
) -> None:
    intents = opened(tmp_path, now=50.0)
    large = msgspec.structs.replace(intent("large"), before={"ids": "x" * LARGEST})
    assert await intents.claim(large)
    assert await intents.claim(intent("next"))
    assert not await opened(tmp_path, now=50.0).claim(intent("large"))


async def test_another_process_notices_that_the_file_was_turned_over(tmp_path: Path) -> None:
    one, other = opened(tmp_path), opened(tmp_path)
    await one.claim(intent("a"))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b"x" * LARGEST)
    await one.claim(intent("b"))
    assert not await other.claim(intent("a"))
    assert not await other.claim(intent("b"))


async def test_a_line_cut_off_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    intents = opened(tmp_path)
    await intents.claim(intent("a"))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"nonce":"half')
    again = opened(tmp_path)
    assert again.known("half") is None
    assert await again.claim(intent("b"))
    assert opened(tmp_path).known("b") is not None


async def test_a_file_that_is_held_is_waited_for_by_all_at_once_and_still_read(
    tmp_path: Path,
) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    assert await first.claim(intent("a"))
    with kept(tmp_path / FILE):
        await second.refresh()
        assert second.known("a") == intent("a")
        claims = (second.claim(intent(nonce), wait_s=0.2) for nonce in "bcd")
        ends = await asyncio.gather(*claims, return_exceptions=True)
    assert [type(end) for end in ends] == [Unavailable] * 3
    assert opened(tmp_path).known("b") is None
    assert await second.claim(intent("b"))


async def test_a_line_that_is_being_written_is_left_until_it_is_whole(tmp_path: Path) -> None:
    intents = opened(tmp_path)
    assert await intents.claim(intent("a"))
    line = msgspec.json.encode(intent("b")) + b"\n"
    with (tmp_path / FILE).open("ab", buffering=0) as file:
        file.write(line[:40])
        await intents.refresh()
        assert intents.known("b") is None
        file.write(line[40:])
    await intents.refresh()
    assert intents.known("b") == intent("b")


async def test_intents_that_cannot_be_read_keep_no_layer_from_starting(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    intents = opened(tmp_path)
    await intents.refresh()
    with pytest.raises(Unavailable, match="cannot be written"):
        await intents.claim(intent("a"))


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "layer"
    await opened(folder).claim(intent("a"))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / FILE).stat().st_mode & 0o777 == 0o600


async def test_holders_of_a_nonce_take_turns(tmp_path: Path) -> None:
    intents, order = opened(tmp_path), []

    async def work(name: str) -> None:
        async with intents.holding("a"):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    await asyncio.gather(*(work(name) for name in ("x", "y", "z")))
    assert order == [f"{name} {way}" for name in ("x", "y", "z") for way in ("in", "out")]
