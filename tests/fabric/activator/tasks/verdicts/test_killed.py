"""An activator that is killed after a yes to a task: its sender is told the end, written once."""

import asyncio
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
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
from tests.fabric.activator.timers.killing import asked, wireless

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(150)]
_SHORT = " for a minute"
_PLACE = "/v1/tasks/chat:w1"


@dataclass
class Room:
    """Where a task is sent, and a verdict on it given."""

    sending: Sending
    plane: ControlPlane

    async def shown(self, query: str) -> dict[str, Any]:
        """Send a change that waits for a yes, and return the yes."""
        await self.sending.task("w1", query)
        shown = (await self.sending.results(2, within_s=WITHIN_S))[1]
        assert shown["status"] == "confirm", shown
        return {"confirmation": json.loads(shown["data"])["confirmation"]}

    async def killed(
        self, http: httpx.AsyncClient, said: dict[str, Any], pid: int, fault: dict[str, Any]
    ) -> None:
        """Say yes, and kill who was told so amid the write."""
        self.plane.break_next(fault)
        saying = asyncio.create_task(http.post(f"{_PLACE}/confirm", json=said))
        await struck(self.plane, written=fault is BEFORE)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(httpx.HTTPError):
            await saying
        self.plane.mend()

    async def ended(self, http: httpx.AsyncClient, mac: str) -> dict[str, str]:
        """Wait for the end, and see that it is one."""
        told = (await self.sending.results(3, within_s=WITHIN_S))[2]
        assert (told["task_id"], told["status"], told["success"]) == ("w1", "done", "true"), told
        row = (await http.get(_PLACE)).json()
        assert (row["status"], row["response"]) == ("done", told["response"])
        assert "confirmation" not in row
        rows = (await http.get("/v1/tasks")).json()["tasks"]
        assert [one["status"] for one in rows if one["id"] == "chat:w1"] == ["done"]
        refused = await http.post(f"{_PLACE}/confirm", json={"confirmation": "0" * 32})
        assert refused.status_code == httpx.codes.CONFLICT
        assert [one["body"]["mac"] for one in self.plane.writes()] == [mac]
        assert client(self.plane.world(), mac)["blocked"]
        return told

    async def undone(self, mac: str) -> None:
        """Wait until the sender is told that it was taken back, and see that it was, once."""
        told = (await self.sending.results(4, within_s=2 * WITHIN_S))[3]
        assert (told["task_id"], told["status"], told["success"]) == ("w1", "done", "true"), told
        assert "is no longer blocked" in told["response"]
        assert [one["body"]["cmd"] for one in self.plane.writes()] == ["block-sta", "unblock-sta"]
        assert not client(self.plane.world(), mac)["blocked"]


@pytest.mark.parametrize(
    ("fault", "more"), [(DURING, ""), (BEFORE, ""), (DURING, " for an hour"), (BEFORE, _SHORT)]
)
async def test_a_yes_whose_taker_is_killed_is_read_back_and_told_by_the_next(
    tmp_path: Path, redis_server: str, redis: RedisClient, fault: dict[str, Any], more: str
) -> None:
    with lab_on(redis_server, tmp_path) as lab:
        async with plane_of(lab) as plane:
            room = Room(Sending(redis), plane)
            await awake(room.sending)
            [mac] = wireless(plane, 1)
            async with asked(lab) as http:
                said = await room.shown(f"can you block client {mac}{more}")
                await room.killed(http, said, lab.activator.pid, fault)
            with await asyncio.to_thread(again, lab, tmp_path) as activator:
                async with asked(lab, activator) as http:
                    told = await room.ended(http, mac)
                    assert ("It is undone" in told["response"]) is bool(more)
                    if more == _SHORT:
                        await room.undone(mac)


async def test_a_yes_whose_taker_is_killed_is_told_by_another_activator(
    tmp_path: Path, redis_server: str, redis: RedisClient
) -> None:
    with two(tmp_path, redis_server, activator=SETTINGS) as both:
        async with plane_of(both.lab) as plane, both.http() as (one, other):
            room = Room(Sending(redis), plane)
            await awake(room.sending)
            [mac] = wireless(plane, 1)
            said = await room.shown(f"can you block client {mac}")
            await room.killed(one, said, both.lab.activator.pid, BEFORE)
            await room.ended(other, mac)
