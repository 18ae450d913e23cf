"""Timers outlive the processes that keep them: none is doubled, and none is lost."""

import struct
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.lab.site import ControlPlane, LabOptions, running_lab
from tests.fabric.activator.timers.killing import (
    Rows,
    asked,
    blocked_once,
    environment,
    killed_until,
    once_each,
    sent,
    wireless,
)

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]
_HOUR_S = 3_600
_MINUTE = 60
_SOON_S = 26
"""From the start of a lab to the full minute of its clocks: enough to ask in."""


async def test_an_activator_killed_ten_times_does_what_is_due_once_and_undoes_it_once(
    tmp_path: Path,
) -> None:
    ahead = _odd_seconds()
    environ = environment(tmp_path) | {"PYTHONTZPATH": str(_zones(tmp_path / "zones", ahead))}
    with running_lab(LabOptions(home=tmp_path / "home", speed=100), environ) as lab:
        plane = ControlPlane(lab.simulator)
        macs = wireless(plane, 7)
        now, later, daily = macs[:3], macs[3:5], macs[5:]
        async with asked(lab) as http:
            for mac in now:
                answer = await _said(http, f"block client {mac} for 10 seconds")
                assert answer["status"] == "done", answer
            # Without an end: what would begin after it, because of so many kills, is not done.
            for mac in later:
                await _agreed(http, f"block client {mac} in 10 seconds")
            at = _next_minute(ahead)
            for mac in daily:
                await _agreed(http, f"block client {mac} every day at {at}")
        rows = await killed_until(lab, environ, _all_over)
        states = Counter(one["state"] for one in rows)
        assert states == {"done": len(now) + len(later), "waiting": len(daily)}, rows
        assert sent(plane) == once_each(now) | blocked_once(later + daily)
        plane.close()


def _all_over(rows: Rows) -> bool:
    """Tell whether nothing is due before tomorrow."""
    soon = time.time() + _HOUR_S
    return all(one["due"] is None or one["due"] > soon for one in rows)


async def _said(http: httpx.AsyncClient, query: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await http.post("/v1/query", json={"query": query})).json()
    return answer


async def _agreed(http: httpx.AsyncClient, query: str) -> None:
    """Ask for something that begins later, and say yes to it."""
    paused = await _said(http, query)
    assert paused["status"] == "confirm", paused
    body = {"token": paused["confirmation"]["token"]}
    assert (await http.post("/v1/confirm", json=body)).json()["status"] == "accepted"


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
    there = datetime.fromtimestamp(time.time() + ahead_s + 14, UTC)
    return (there.replace(second=0) + timedelta(minutes=1)).strftime("%H:%M")
