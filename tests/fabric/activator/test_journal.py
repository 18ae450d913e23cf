"""The latest entries, and who follows them."""

import asyncio
from contextlib import aclosing

import pytest

from cortex.fabric.activator.journal import Journal

pytestmark = pytest.mark.anyio


def test_the_oldest_are_forgotten_and_numbers_go_on() -> None:
    journal = Journal(lambda: 7.0)
    for number in range(600):
        journal.add("layer", number=number)
    latest = journal.latest()
    assert (len(latest), latest[0].number, latest[-1].number) == (500, 101, 600)
    assert [entry.number for entry in journal.latest(2)] == [599, 600]
    assert journal.latest(0) == ()


async def test_a_follower_gets_what_was_after_a_number_and_then_what_comes() -> None:
    journal = Journal(lambda: 7.0)
    for _ in range(3):
        journal.add("layer")
    async with aclosing(journal.follow(after=1)) as entries, asyncio.timeout(5):
        assert [(await anext(entries)).number for _ in range(2)] == [2, 3]
        journal.add("write")
        assert (await anext(entries)).kind == "write"


async def test_a_slow_follower_misses_the_oldest_and_holds_nobody_up() -> None:
    journal = Journal(lambda: 7.0)
    journal.add("layer")
    async with aclosing(journal.follow()) as entries, asyncio.timeout(5):
        await anext(entries)
        for _ in range(300):
            journal.add("layer")
        assert (await anext(entries)).number == 102
