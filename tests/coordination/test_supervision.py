"""Work in the background goes on past what nobody foresaw, and ends when it is asked to."""

import asyncio
from dataclasses import dataclass, field

import pytest

from cortex.coordination.supervision import Breakages, beside, kept_up
from cortex.errors import Unavailable

pytestmark = pytest.mark.anyio
_WITHIN_S = 10.0


@dataclass
class Breaking:
    """Work that breaks as often as there are errors, and then goes on until cancelled."""

    errors: list[Exception]
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    async def __call__(self) -> None:
        """Work."""
        if self.errors:
            raise self.errors.pop(0)
        self.goes_on.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.ended = True


async def test_work_that_breaks_is_begun_again_and_ends_with_the_block() -> None:
    group = ExceptionGroup("several", [RuntimeError("in one of its tasks")])
    work = Breaking([RecursionError("too deep"), Unavailable("away"), group, KeyError("x")])
    async with beside(work, name="work", pause_s=0.0), asyncio.timeout(_WITHIN_S):
        await work.goes_on.wait()
        assert not work.ended
    assert work.ended


async def test_what_broke_is_logged_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    work = Breaking([ValueError("nobody foresaw it")])
    async with beside(work, name="reading notes", pause_s=0.0), asyncio.timeout(_WITHIN_S):
        await work.goes_on.wait()
    told = capsys.readouterr()
    assert "reading notes" in told.out + told.err
    assert "nobody foresaw it" in told.out + told.err


async def test_work_that_is_done_is_not_begun_again() -> None:
    times: list[int] = []

    async def work() -> None:
        times.append(1)

    async with asyncio.timeout(_WITHIN_S):
        await kept_up(work, name="work")
    assert times == [1]


async def test_work_that_breaks_again_and_again_is_told_of_until_it_holds_for_a_while() -> None:
    clock = [0.0]
    broken = Breakages(lately_s=60.0, now=lambda: clock[0])
    assert broken.body() == {"status": "ready", "degraded": []}
    work = Breaking([Unavailable("Redis is away")])
    async with beside(work, name="once", pause_s=0.0, breakages=broken):
        await work.goes_on.wait()
    assert broken.body()["status"] == "ready"
    work = Breaking([Unavailable("Redis is away"), KeyError("a secret")])
    async with beside(work, name="telling", pause_s=0.0, breakages=broken):
        await work.goes_on.wait()
    told = ["telling broke 2 times lately: KeyError, see the log"]
    assert broken.body() == {"status": "degraded", "degraded": told}
    clock[0] = 61.0
    assert broken.body()["status"] == "ready"
