"""Timers outlive the processes that keep them: none is doubled, and none is lost."""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.lab.cast import home
from cortex.lab.processes import Running, start
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]
_CLIENTS = 5
_KILLS = 10
_WITHIN_S = 90.0


async def test_an_activator_killed_ten_times_around_the_undo_lets_everybody_in_once(
    tmp_path: Path,
) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    options = LabOptions(home=tmp_path / "home", speed=100)
    with running_lab(options, environ) as lab:
        plane = ControlPlane(lab.simulator)
        macs = _wireless(plane)
        activator, running = lab.activator, contextlib.ExitStack()
        async with _asked(lab, activator) as http:
            await _listed(http)
            for mac in macs:
                body = {"query": f"block client {mac} for 10 seconds"}
                answer = (await http.post("/v1/query", json=body)).json()
                assert answer["status"] == "done", answer
        dice = random.Random(7)  # noqa: S311  # moments to kill at, no secret
        with running:
            for _ in range(_KILLS):
                await asyncio.sleep(dice.uniform(0.0, 2.0))
                os.kill(activator.pid, signal.SIGKILL)
                activator = await asyncio.to_thread(_again, lab, environ)
                running.callback(activator.stop)
            async with _asked(lab, activator) as http, asyncio.timeout(_WITHIN_S):
                rows = await _listed(http)
                while any(row["state"] in {"armed", "waiting"} for row in rows):
                    await asyncio.sleep(0.1)
                    rows = await _listed(http)
        assert [row["state"] for row in rows] == ["done"] * _CLIENTS, rows
        sent = Counter((one["body"]["mac"], one["body"]["cmd"]) for one in plane.writes())
        plane.close()
    wanted = {(mac, cmd): 1 for mac in macs for cmd in ("block-sta", "unblock-sta")}
    assert dict(sent) == wanted


def _wireless(plane: ControlPlane) -> list[str]:
    clients = home(plane.world(), "clients")
    online = [one["mac"] for one in clients if one["online"] and not one["blocked"]]
    return online[-_CLIENTS:]


def _again(lab: Lab, environ: dict[str, str]) -> Running:
    environ = environ | {"CORTEX_HOME": str(lab.home), "CORTEX_CONFIG": str(lab.settings_file)}
    words = ["serve", "cortex-activator", "--parent-pipe"]
    return start("cortex-activator", words, environ=environ, log=lab.home / "logs" / "again.log")


def _asked(lab: Lab, activator: Running) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {lab.token}"}
    return httpx.AsyncClient(
        base_url=activator.url, headers=headers, timeout=_WITHIN_S, trust_env=False
    )


async def _listed(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """List the timers, once Redis is there."""
    async with asyncio.timeout(_WITHIN_S):
        # Another process, which tells nobody when it has Redis.
        while (reply := await http.get("/v1/timers")).status_code != httpx.codes.OK:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    rows: list[dict[str, Any]] = reply.json()["timers"]
    return rows
