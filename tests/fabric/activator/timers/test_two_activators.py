"""Of two activators that keep the same timers, either one undoes what the other did."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from cortex.lab.cast import choose
from cortex.lab.site import ControlPlane
from tests.fabric.activator.peers.two import two

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(150)]
_WITHIN_S = 60.0


@pytest.mark.parametrize("killed", [False, True])
async def test_what_one_did_for_a_time_is_undone_once_by_either(
    tmp_path: Path, redis_server: str, *, killed: bool
) -> None:
    with two(tmp_path, redis_server) as both:
        plane = ControlPlane(both.lab.simulator)
        mac = choose(plane.world()).laptop_mac
        async with both.http() as (one, another):
            body = {"query": f"block client {mac} for 10 seconds"}
            answer = (await one.post("/v1/query", json=body)).json()
            assert answer["status"] == "done", answer
            name = answer["data"]["facts"]["timer"]
            if killed:
                os.kill(both.lab.activator.pid, signal.SIGKILL)
            state = ""
            async with asyncio.timeout(_WITHIN_S):
                while state not in {"done", "failed"}:
                    await asyncio.sleep(0.1)
                    rows = (await another.get("/v1/timers")).json()["timers"]
                    state = next(row["state"] for row in rows if row["id"] == name)
        assert state == "done"
        sent = Counter(one["body"]["cmd"] for one in plane.writes())
        plane.close()
    assert dict(sent) == {"block-sta": 1, "unblock-sta": 1}
