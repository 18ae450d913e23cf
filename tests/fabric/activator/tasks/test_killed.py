"""An activator that is killed amid a task: the task ends once, written once, and answered once."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.lab.cast import client
from cortex.lab.site import ControlPlane
from tests.fabric.activator.peers.two import two
from tests.fabric.activator.tasks.killing import (
    BEFORE,
    DURING,
    SETTINGS,
    WITHIN_S,
    again,
    awake,
    lab_on,
    plane_of,
    struck,
)
from tests.fabric.activator.tasks.sending import Sending
from tests.fabric.activator.timers.killing import wireless

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(150)]


async def ended(sending: Sending, plane: ControlPlane, mac: str) -> None:
    """Wait for the end, and see that it is one."""
    told = await sending.results(2, within_s=WITHIN_S)
    await sending.settled()
    assert [one["task_id"] for one in told] == ["awake", "w1"]
    assert told[1]["status"] == "done", told[1]
    assert [(one["body"]["cmd"], one["body"]["mac"]) for one in plane.writes()] == [
        ("block-sta", mac)
    ]
    assert client(plane.world(), mac)["blocked"]
    # The same task again is told the same, and done no more.
    await sending.task("w1", f"block client {mac}")
    assert (await sending.results(3))[2] == told[1]
    assert len(plane.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "written"),
    [(BEFORE, False), (DURING, False), (BEFORE, True)],
    ids=["while it looks", "while it writes", "before it answers"],
)
async def test_a_task_whose_activator_is_killed_amid_it_is_done_once_by_the_next(
    tmp_path: Path, redis_server: str, redis: RedisClient, fault: dict[str, Any], *, written: bool
) -> None:
    sending = Sending(redis)
    with lab_on(redis_server, tmp_path) as lab:
        async with plane_of(lab) as plane:
            await awake(sending)
            [mac] = wireless(plane, 1)
            plane.break_next(fault)
            await sending.task("w1", f"block client {mac}")
            await struck(plane, written=written)
            os.kill(lab.activator.pid, signal.SIGKILL)
            assert len(await sending.all_results()) == 1
            plane.mend()
            with await asyncio.to_thread(again, lab, tmp_path):
                await ended(sending, plane, mac)


async def test_a_task_whose_activator_is_killed_after_it_wrote_is_answered_by_another(
    tmp_path: Path, redis_server: str, redis: RedisClient
) -> None:
    sending = Sending(redis)
    with two(tmp_path, redis_server, activator=SETTINGS) as both:
        async with plane_of(both.lab) as plane, both.http():
            await awake(sending)
            [mac] = wireless(plane, 1)
            plane.break_next(BEFORE)
            await sending.task("w1", f"block client {mac}")
            await struck(plane, written=True)
            [held] = await sending.workers()
            pids = {one.pid for one in (both.lab.activator, both.other)}
            [pid] = [one for one in pids if f"-{one}-" in held]
            os.kill(pid, signal.SIGKILL)
            plane.mend()
            await ended(sending, plane, mac)
