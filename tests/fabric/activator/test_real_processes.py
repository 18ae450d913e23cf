"""The fabric as it runs on one machine: every process a real one, killed where it hurts."""

import asyncio
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.lab.cast import choose, client
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab
from tests.fabric.activator.learning.room import remembering
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
LAYER = "execution-unifi-api"
_WITHIN_S = 40.0


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    options = LabOptions(home=tmp_path / "home", speed=100, cooldown=timedelta(seconds=1))
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with running_lab(options, environ) as running:
        yield running


@pytest.fixture
def plane(lab: Lab) -> Iterator[ControlPlane]:
    control = ControlPlane(lab.simulator)
    yield control
    control.close()


def http(lab: Lab) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=lab.activator.url,
        headers={"authorization": f"Bearer {lab.token}"},
        timeout=_WITHIN_S,
        trust_env=False,
    )


async def layer(one: httpx.AsyncClient) -> dict[str, Any]:
    rows = (await one.get("/v1/layers")).json()["layers"]
    found: dict[str, Any] = next(row for row in rows if row["name"] == LAYER)
    return found


async def until(one: httpx.AsyncClient, state: str) -> dict[str, Any]:
    """Follow the events until the layer is in this state."""
    async with asyncio.timeout(_WITHIN_S):
        accept = {"accept": "text/event-stream"}
        async with one.stream("GET", "/v1/events", headers=accept) as tail:
            async for line in tail.aiter_lines():
                if line.startswith("data: ") and (row := await layer(one))["state"] == state:
                    return row
    message = f"the layer never became {state}"
    raise AssertionError(message)


async def test_thirty_two_askers_of_a_sleeping_layer_share_one_start_and_it_sleeps_again(
    lab: Lab,
) -> None:
    async with http(lab) as one:
        asking = (one.post("/v1/query", json={"query": "list all clients"}) for _ in range(32))
        replies = await asyncio.gather(*asking)
        assert [reply.json()["status"] for reply in replies] == ["done"] * 32
        page = (await one.get("/metrics")).text
        assert f'cortex_activator_cold_starts_total{{layer="{LAYER}"}} 1.0' in page
        asleep = await until(one, "cold")
        # Not at once: after its first answer the layer is asked beside what it is to remember.
        page = (await one.get("/metrics")).text
        assert f'cortex_activator_pending_requests{{layer="{LAYER}"}} 0.0' in page
        assert asleep["pid"] is None
        assert asleep["last_error"] == ""


@requirement("write.sent-once")
async def test_a_layer_killed_in_the_middle_of_a_write_writes_once_and_the_result_is_read_back(
    lab: Lab, plane: ControlPlane
) -> None:
    laptop = choose(plane.world())
    async with http(lab) as one, asyncio.timeout(_WITHIN_S):
        await one.post("/v1/query", json={"query": "list all clients"})
        pid = (await layer(one))["pid"]
        # Slow reads leave time between the write and its reading back.
        plane.break_next({"kind": "latency", "method": "GET", "ms": 300})
        body = {"query": f"block client {laptop.laptop_mac}"}
        asking = asyncio.create_task(one.post("/v1/query", json=body))
        while not await asyncio.to_thread(plane.writes):  # noqa: ASYNC110  # another process's state
            await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        plane.mend()
        answer = (await asking).json()
    assert answer["status"] == "done", answer
    assert answer["layers_woken"] == [LAYER]
    assert len(plane.writes()) == 1
    assert client(plane.world(), laptop.laptop_mac)["blocked"]


async def test_a_killed_activator_takes_its_layers_with_it(lab: Lab) -> None:
    async with http(lab) as one:
        await one.post("/v1/query", json={"query": "list all clients"})
        pid = (await layer(one))["pid"]
    os.kill(lab.activator.pid, signal.SIGKILL)
    async with asyncio.timeout(_WITHIN_S):
        while _runs(pid):  # noqa: ASYNC110  # a process that is not our child tells nobody
            await asyncio.sleep(0.02)


async def test_a_killed_activator_remembers_what_it_was_taught(tmp_path: Path) -> None:
    odd = "anybody hogging the airwaves"
    options = LabOptions(home=tmp_path / "home", speed=100)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with running_lab(options, environ) as lab:
        async with http(lab) as one:
            await remembering(one)
            asked = (await one.post("/v1/query", json={"query": odd})).json()
            body = {"feedback": "correction", "correction": "list devices"}
            taught = await one.post("/v1/feedback", json=body | {"query_id": asked["query_id"]})
            assert "list_devices" in taught.json()["learned"]
        os.kill(lab.activator.pid, signal.SIGKILL)
    with running_lab(options, environ) as lab:
        async with http(lab) as one:
            await remembering(one)
            answer = (await one.post("/v1/query", json={"query": odd})).json()
    assert (answer["route"]["tier"], answer["route"]["tool"]) == ("similarity", "list_devices")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
