"""A whole lab that is killed at once goes on where it was: also with what it still has to undo."""

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.cli import exits, run
from cortex.clients.activator import ActivatorClient
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.lab.homes import lab_settings
from cortex.lab.memory import children
from cortex.lab.processes import all_end
from cortex.settings import homes

_WITHIN_S = 40.0
_FOR_S = 10
_LOOK_S = 0.05


@pytest.mark.timeout(150)
def test_a_lab_of_which_every_process_is_killed_undoes_what_is_due_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with lab(home) as process:
        mac = next(one["mac"] for one in clients(home) if one["name"] == "PlayStation")
        words = "block the playstation for ten seconds"
        assert run(["ask", "--quiet", "--home", str(home), words]) == exits.DONE
        [begun] = changes(home)
        assert blocked(home, mac)
        kill_all(process)
    with lab(home):
        assert changes(home) == [begun]
        assert blocked(home, mac)
        with cortex(home) as client:
            assert client.outlives_timers(within_s=_WITHIN_S)
        assert not blocked(home, mac)
        [_, over] = changes(home)
    sent = [(one["body"]["cmd"], one["body"]["mac"]) for one in (begun, over)]
    assert sent == [("block-sta", mac), ("unblock-sta", mac)]
    assert over["time"] - begun["time"] >= _FOR_S - 1


@contextmanager
def lab(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run `cortex lab`; everything it started has ended when the block is left."""
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "cortex", "lab", "--home", str(home), "--clients", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert any("Ctrl-C" in line for line in process.stdout)
            await_redis(home)
            yield process
        finally:
            kill_all(process)


@contextmanager
def cortex(home: Path) -> Iterator[ActivatorClient]:
    """Talk to the Cortex of a data folder."""
    found = homes.running(home)
    assert found is not None
    token = admin_token_file(home).read_text(encoding="ascii").strip()
    with ActivatorClient(found.url, token) as client:
        yield client


def await_redis(home: Path) -> None:
    """Wait until the Cortex of a data folder has its Redis, without which it keeps no timer."""
    deadline, pause = time.monotonic() + _WITHIN_S, threading.Event()
    with cortex(home) as client:
        while client.get("/ready")["coordination"] != "ready":
            assert time.monotonic() < deadline
            pause.wait(_LOOK_S)


def kill_all(lab: "subprocess.Popen[str]") -> None:
    """Kill a lab and whatever lives below it, as a machine without power would."""
    if lab.returncode is not None:
        return
    below = children(lab.pid)
    for pid in (lab.pid, *below):
        os.kill(pid, signal.SIGKILL)
    lab.wait(_WITHIN_S)
    assert all_end(below, within_s=_WITHIN_S)


def changes(home: Path) -> list[dict[str, Any]]:
    """Return the simulator's journal of requests that changed something."""
    found: list[dict[str, Any]] = _simulated(home, "journal?mutating=true")["entries"]
    return found


def clients(home: Path) -> list[dict[str, Any]]:
    """Return the clients as the simulator has them."""
    found: list[dict[str, Any]] = _simulated(home, "world")["sites"][0]["clients"]
    return found


def blocked(home: Path, mac: str) -> bool:
    """Tell whether the simulator keeps a client off."""
    return next(bool(one["blocked"]) for one in clients(home) if one["mac"] == mac)


def _simulated(home: Path, path: str) -> dict[str, Any]:
    controller = json.loads(lab_settings(home).read_text())["controller"]
    trust = ssl.create_default_context(cafile=controller["ca_file"])
    with httpx.Client(verify=trust, timeout=_WITHIN_S, trust_env=False) as http:
        found: dict[str, Any] = http.get(f"{controller['url']}/_sim/{path}").json()
    return found
