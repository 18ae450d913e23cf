"""Timers outlive the processes that keep them: none is doubled, and none is lost."""

import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cortex.lab.site import ControlPlane, LabOptions, running_lab
from tests.fabric.activator.timers.killing import (
    asked,
    environment,
    killed_until,
    once_each,
    sent,
    wireless,
)

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]
_CLIENTS = 5
_MINUTE = 60
_SOON_S = 25
"""From the start of a lab to the full minute of its clocks: enough to ask in."""


async def test_an_activator_killed_ten_times_around_the_undo_lets_everybody_in_once(
    tmp_path: Path,
) -> None:
    environ = environment(tmp_path)
    with running_lab(LabOptions(home=tmp_path / "home", speed=100), environ) as lab:
        plane = ControlPlane(lab.simulator)
        macs = wireless(plane, _CLIENTS)
        async with asked(lab) as http:
            for mac in macs:
                body = {"query": f"block client {mac} for 10 seconds"}
                answer = (await http.post("/v1/query", json=body)).json()
                assert answer["status"] == "done", answer
        rows = await killed_until(
            lab, environ, lambda rows: all(one["state"] == "done" for one in rows)
        )
        assert len(rows) == _CLIENTS
        assert sent(plane) == once_each(macs)
        plane.close()


async def test_an_activator_killed_ten_times_around_the_start_does_each_once_and_undoes_it_once(
    tmp_path: Path,
) -> None:
    ahead = _odd_seconds()
    environ = environment(tmp_path) | {"PYTHONTZPATH": str(_zones(tmp_path / "zones", ahead))}
    with running_lab(LabOptions(home=tmp_path / "home", speed=100), environ) as lab:
        plane = ControlPlane(lab.simulator)
        macs = wireless(plane, _CLIENTS)
        async with asked(lab) as http:
            at = _next_minute(ahead)
            for mac in macs[:2]:
                await _agreed(http, f"block client {mac} every day at {at} for 10 seconds")
            for mac in macs[2:]:
                await _agreed(http, f"block client {mac} in 10 seconds for 10 seconds")
        rows = await killed_until(
            lab,
            environ,
            lambda rows: all(
                one["state"] == "done" or (one["state"] == "waiting" and _tomorrow(one["due_at"]))
                for one in rows
            ),
        )
        assert sorted(one["state"] for one in rows) == ["done"] * 3 + ["waiting"] * 2, rows
        assert sent(plane) == once_each(macs)
        plane.close()


async def _agreed(http: httpx.AsyncClient, query: str) -> None:
    """Ask for something that begins later, and say yes to it."""
    paused = (await http.post("/v1/query", json={"query": query})).json()
    assert paused["status"] == "confirm", paused
    body = {"token": paused["confirmation"]["token"]}
    assert (await http.post("/v1/confirm", json=body)).json()["status"] == "done"


def _odd_seconds() -> int:
    """Choose by how much a zone is ahead, so that its next full minute is soon."""
    return -(int(time.time()) + _SOON_S) % _MINUTE


def _zones(folder: Path, ahead_s: int) -> Path:
    """Make the zone of the simulated site one that is some seconds ahead of the world's."""
    (folder / "Europe").mkdir(parents=True)
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    body = struct.pack(">lBB", ahead_s, 0, 0) + b"ODD\0"
    (folder / "Europe" / "Berlin").write_bytes(b"TZif" + bytes(16) + counts + body)
    return folder


def _next_minute(ahead_s: int) -> str:
    """Return the next time of day in that zone that is not too soon."""
    there = datetime.fromtimestamp(time.time() + ahead_s + 12, UTC)
    return (there.replace(second=0) + timedelta(minutes=1)).strftime("%H:%M")


def _tomorrow(due: str | float) -> bool:
    return float(due) > time.time() + 3600
