"""Layers as real child processes: woken once, held while in use, and explained when they fail."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from cortex.errors import LayerNotReady, QueueFull
from cortex.fabric.activator.layers.processes import Change, ProcessLayers
from cortex.fabric.activator.layers.table import Program
from cortex.fabric.lifecycle.vocabulary import Policy
from tests.fabric.activator.layers import tiny
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
LAYER = "execution-unifi-api"


@dataclass
class _Bench:
    """Layers to try, what they reported, and where their starts are counted."""

    starts: Path
    changes: list[Change] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    layers: ProcessLayers = field(init=False)

    def pids(self) -> list[int]:
        return [int(line) for line in self.starts.read_text().split()]

    async def until(self, phase: str) -> None:
        async with asyncio.timeout(20):
            while self.layers.look()[0].phase != phase:
                self.news.clear()
                await self.news.wait()

    def hear(self, change: Change) -> None:
        self.changes.append(change)
        self.news.set()


@asynccontextmanager
async def bench(folder: Path, program: Program, policy: Policy = Policy()) -> AsyncIterator[_Bench]:  # noqa: B008  # frozen
    one = _Bench(folder / "starts")
    async with httpx.AsyncClient(trust_env=False) as client:
        one.layers = ProcessLayers(
            {LAYER: program},
            policy=lambda _: policy,
            logs=folder / "logs",
            client=client,
            report=one.hear,
        )
        try:
            yield one
        finally:
            await one.layers.close()


def soon(seconds: float = 20) -> float:
    return asyncio.get_running_loop().time() + seconds


@requirement("layer.single-flight", "layer.wakes-on-demand")
async def test_thirty_two_askers_of_a_cold_layer_share_one_start(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.serving(tmp_path / "starts")) as one:

        async def ask() -> str:
            async with one.layers.claim(LAYER, soon()) as awake, httpx.AsyncClient() as client:
                return (await client.get(f"{awake.url}/ready")).text

        answers = await asyncio.gather(*(ask() for _ in range(32)))
        assert answers == ["{}"] * 32
        assert len(one.pids()) == 1


async def test_a_second_claim_on_a_ready_layer_wakes_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.serving(tmp_path / "starts")) as one:
        async with one.layers.claim(LAYER, soon()) as first:
            assert first.woke
        async with one.layers.claim(LAYER, soon()) as second:
            assert not second.woke
            assert second.pid == first.pid


@requirement("layer.bounded-queue")
async def test_a_full_queue_turns_the_next_away_at_once(tmp_path: Path) -> None:
    policy = Policy(queue_limit=1)
    async with (
        bench(tmp_path, tiny.serving(tmp_path / "starts"), policy) as one,
        one.layers.claim(LAYER, soon()),
    ):
        with pytest.raises(QueueFull):
            async with one.layers.claim(LAYER, soon()):
                pass


@requirement("layer.crash-reason")
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (tiny.crashing(), "it ended with exit code 3: the port is taken: …"),
        (tiny.killed(), "it was killed (SIGKILL: out of memory, or by hand)"),
        (tiny.missing(), "it cannot be started: No such file or directory"),
    ],
    ids=["crash", "out of memory", "no program"],
)
async def test_a_layer_that_cannot_start_is_answered_with_the_reason(
    tmp_path: Path, program: Program, reason: str
) -> None:
    async with bench(tmp_path, program) as one:
        with pytest.raises(LayerNotReady) as first:
            async with one.layers.claim(LAYER, soon()):
                pass
        assert first.value.message == f"{LAYER} could not be woken: {reason}"
        with pytest.raises(LayerNotReady) as second:
            async with one.layers.claim(LAYER, soon()):
                pass
        assert reason in second.value.message
        assert 0 < second.value.retry_after <= 1
        assert one.layers.look()[0].last_error == reason


async def test_a_log_that_cannot_be_written_is_told_and_the_layer_wakes_once_it_can(
    tmp_path: Path,
) -> None:
    (tmp_path / "logs").write_text("in the way")
    program, policy = tiny.serving(tmp_path / "starts"), Policy(first_pause=0.05)
    async with bench(tmp_path, program, policy) as one, asyncio.timeout(20):
        with pytest.raises(
            LayerNotReady, match=r"its log '.*' cannot be opened: .* exists"
        ) as told:
            async with one.layers.claim(LAYER, soon()):
                pass
        assert one.layers.look()[0].phase == "cold"
        (tmp_path / "logs").unlink()
        await asyncio.sleep(told.value.retry_after)
        async with one.layers.claim(LAYER, soon()) as awake:
            assert awake.woke


async def test_a_layer_whose_watch_breaks_is_told_as_failed(tmp_path: Path) -> None:
    program = Program((sys.executable, "-c", "\0"))
    async with bench(tmp_path, program) as one, asyncio.timeout(20):
        with pytest.raises(LayerNotReady, match="watching over it broke"):
            async with one.layers.claim(LAYER, soon()):
                pass
        assert one.layers.look()[0].phase == "cold"


async def test_a_layer_finds_in_its_environment_what_its_program_says_and_nothing_else(
    tmp_path: Path,
) -> None:
    shown = tmp_path / "shown"
    code = "import os, sys; open(sys.argv[1], 'w').write(' '.join(os.environ))"
    program = Program((sys.executable, "-c", code, str(shown)), {"ONLY": "this", "LC_ALL": "C"})
    async with bench(tmp_path, program) as one:
        with pytest.raises(LayerNotReady):
            async with one.layers.claim(LAYER, soon()):
                pass
    assert set(shown.read_text().split()) == {"ONLY", "LC_ALL"}


async def test_a_layer_that_never_gets_ready_is_given_up_and_ended(tmp_path: Path) -> None:
    policy = Policy(start_timeout=0.5)
    async with bench(tmp_path, tiny.never_ready(tmp_path / "starts"), policy) as one:
        with pytest.raises(LayerNotReady, match=r"not ready within 0\.5 s"):
            async with one.layers.claim(LAYER, soon()):
                pass
        await one.until("cold")
        assert not [pid for pid in one.pids() if _runs(pid)]


async def test_a_waiter_with_little_time_is_told_while_the_start_goes_on(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.never_ready(tmp_path / "starts")) as one:
        with pytest.raises(LayerNotReady, match="not ready in time"):
            async with one.layers.claim(LAYER, soon(0.05)):
                pass
        assert one.layers.look()[0].phase == "waking"


@requirement("layer.sleeps-again")
async def test_an_idle_layer_goes_to_sleep_and_wakes_again(tmp_path: Path) -> None:
    policy = Policy(cooldown=0.05)
    async with bench(tmp_path, tiny.serving(tmp_path / "starts"), policy) as one:
        async with one.layers.claim(LAYER, soon()) as first:
            pass
        await one.until("cold")
        assert not _runs(first.pid)
        async with one.layers.claim(LAYER, soon()) as second:
            assert second.woke
            assert second.pid != first.pid


async def test_a_layer_killed_at_work_is_noticed_and_started_anew(tmp_path: Path) -> None:
    policy = Policy(stable_after=0)
    async with bench(tmp_path, tiny.serving(tmp_path / "starts"), policy) as one:
        async with one.layers.claim(LAYER, soon()) as first:
            os.kill(first.pid, signal.SIGKILL)
            await one.until("cold")
        async with one.layers.claim(LAYER, soon()) as second:
            assert second.pid != first.pid


@requirement("metrics.pending-balances")
async def test_pending_falls_to_nothing_on_every_way_out(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.serving(tmp_path / "starts")) as one:
        waiting = asyncio.create_task(_hold(one.layers))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert [change.pending for change in one.changes] == [1, 0]
        with pytest.raises(ZeroDivisionError):
            async with one.layers.claim(LAYER, soon()):
                raise ZeroDivisionError
        assert one.changes[-1].pending == 0


async def test_closing_answers_who_waits_and_ends_the_process(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.serving(tmp_path / "starts")) as one:
        async with one.layers.claim(LAYER, soon()) as awake:
            pass
        await one.layers.close()
        assert not _runs(awake.pid)
        with pytest.raises(LayerNotReady, match="stopping"):
            async with one.layers.claim(LAYER, soon()):
                pass


async def test_closing_answers_who_waits(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.never_ready(tmp_path / "starts")) as one:
        waiting = asyncio.create_task(_hold(one.layers))
        await asyncio.sleep(0)
        await one.layers.close()
        with pytest.raises(LayerNotReady, match="the activator is stopping"):
            await waiting
        assert one.layers.look()[0].phase == "cold"


async def test_people_are_told_how_long_the_last_start_took(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.serving(tmp_path / "starts"), Policy(cooldown=0.05)) as one:
        assert one.layers.wait_for(LAYER) == 0
        async with one.layers.claim(LAYER, soon()):
            assert one.layers.wait_for(LAYER) is None
        await one.until("cold")
        assert one.layers.wait_for(LAYER)
        assert one.layers.wait_for("reasoning-slm") is None


async def test_a_log_that_has_grown_large_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "logs" / f"{LAYER}.log"
    log.parent.mkdir()
    with log.open("wb") as file:
        file.truncate(6 * 1024 * 1024)
    async with bench(tmp_path, tiny.serving(tmp_path / "starts")) as one:
        async with one.layers.claim(LAYER, soon()):
            pass
        assert log.stat().st_size == 0
        assert log.with_suffix(".log.1").exists()


async def test_a_layer_that_is_not_installed_is_said_to_be_absent(tmp_path: Path) -> None:
    async with bench(tmp_path, tiny.missing()) as one:
        with pytest.raises(LayerNotReady, match="'reasoning-slm' is not part of this"):
            async with one.layers.claim("reasoning-slm", soon()):
                pass


async def _hold(layers: ProcessLayers) -> None:
    async with layers.claim(LAYER, soon()):
        pass


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
