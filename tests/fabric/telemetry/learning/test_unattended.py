"""Cortex learns by itself when enough was judged, once for so much, and never without end."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path

import pytest

from cortex.fabric.telemetry.figures import counted
from cortex.fabric.telemetry.learning.account import (
    FILE,
    Account,
    account_in,
    is_due,
    judged_in,
    put_account,
)
from cortex.fabric.telemetry.learning.unattended import Unattended, command_of
from tests.fabric.telemetry.events import event

pytestmark = pytest.mark.anyio
_WITHIN_S = 30.0


@pytest.mark.parametrize(
    ("judged", "before", "after", "due"),
    [
        (199, None, 200, False),
        (200, None, 200, True),
        (399, 200, 200, False),
        (400, 200, 200, True),
        (5_000, None, 0, False),
        (50, 5_000, 50, True),
    ],
)
def test_learning_is_due_after_so_many_new_judged_answers(
    judged: int, before: int | None, after: int, *, due: bool
) -> None:
    last = None if before is None else Account(judged=before)
    assert is_due(judged, last, after=after) is due


def test_judged_is_what_somebody_remarked_on() -> None:
    told = [
        event(1),
        event(2, kind="feedback", status="positive"),
        event(3, kind="feedback", status="wrong_tool"),
    ]
    assert judged_in(counted(told)) == 2


def test_an_account_is_read_as_it_was_written_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    account = Account(at=5.0, judged=7, lines=("head: not trained",))
    put_account(tmp_path / "new", account)
    assert account_in(tmp_path / "new") == account
    (tmp_path / "new" / FILE).write_bytes(b"{")
    assert account_in(tmp_path / "new") is None


@asynccontextmanager
async def learning(
    folder: Path,
    script: str,
    judged: Callable[[], int | None],
    *,
    longest_s: float = _WITHIN_S,
    awake: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
) -> AsyncIterator[None]:
    one = Unattended(
        folder=folder,
        judged=judged,
        after=10,
        command=(sys.executable, "-c", script, str(folder)),
        environ=os.environ,
        look_s=0.01,
        longest_s=longest_s,
        awake=awake,
    )
    running = asyncio.create_task(one.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait({running})


async def until_told(folder: Path, words: str) -> Account:
    async with asyncio.timeout(_WITHIN_S):
        while True:
            account = await asyncio.to_thread(account_in, folder)
            if account and any(words in line for line in account.lines):
                return account
            await asyncio.sleep(0.01)


class Told:
    """How many answers were judged, and how often that was looked at."""

    def __init__(self, judged: int | None) -> None:
        self.judged = judged
        self._looks = 0

    def __call__(self) -> int | None:
        """Tell it."""
        self._looks += 1
        return self.judged

    async def looked_at(self) -> None:
        """Wait until it was looked at again, and what came of the look before is through."""
        before = self._looks
        async with asyncio.timeout(_WITHIN_S):
            while self._looks < before + 3:  # noqa: ASYNC110  # the looker tells nobody
                await asyncio.sleep(0.01)


_COUNTS = "import sys, pathlib; pathlib.Path(sys.argv[1], 'runs').open('a').write('x')"


async def test_it_learns_once_for_so_many_judged_answers_also_when_nothing_came_of_it(
    tmp_path: Path,
) -> None:
    told = Told(9)
    async with learning(tmp_path, f"{_COUNTS}; sys.exit(3)", told):
        await told.looked_at()
        assert account_in(tmp_path) is None
        told.judged = 10
        account = await until_told(tmp_path, "exit code 3")
        assert account.judged == 10
        told.judged = 19
        await told.looked_at()
        told.judged = 20
        await told.looked_at()
        account = await until_told(tmp_path, "exit code 3")
        assert account.judged == 20
    assert (tmp_path / "runs").read_text() == "xx"


async def test_what_the_command_says_of_itself_stays(tmp_path: Path) -> None:
    said = (
        "import sys; from pathlib import Path;"
        "from cortex.fabric.telemetry.learning.account import Account, put_account;"
        "put_account(Path(sys.argv[1]), Account(judged=10, lines=('head: promoted',)))"
    )
    async with learning(tmp_path, said, lambda: 10):
        await until_told(tmp_path, "head: promoted")


async def test_learning_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    async with learning(tmp_path, "import signal; signal.pause()", lambda: 10, longest_s=0.2):
        await until_told(tmp_path, "it took longer than 0.2 s")


async def test_the_layer_is_held_awake_from_the_start_of_learning_to_its_end(
    tmp_path: Path,
) -> None:
    held: list[bool] = []

    @asynccontextmanager
    async def awake() -> AsyncIterator[None]:
        held.append((tmp_path / "runs").exists())
        yield
        held.append((tmp_path / "runs").exists())

    async with learning(tmp_path, f"{_COUNTS}; sys.exit(3)", lambda: 10, awake=awake):
        await until_told(tmp_path, "exit code 3")
    assert held == [False, True]


async def test_nothing_is_learned_while_the_log_is_not_open(tmp_path: Path) -> None:
    told = Told(None)
    async with learning(tmp_path, _COUNTS, told):
        await told.looked_at()
    assert account_in(tmp_path) is None


def test_the_command_is_that_of_the_command_line(tmp_path: Path) -> None:
    assert command_of(tmp_path)[1:] == ("-m", "cortex", "learn", "run", "--home", str(tmp_path))
